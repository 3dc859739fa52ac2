// A client of the rooms dialect on a bare WebSocket: the few words of Engine.IO and Socket.IO that it takes.
// A token may stand behind the address, as in /rooms/#token=…

const MOST_LINES = 500;
const AGAIN_MS = [500, 1_000, 2_000, 4_000, 8_000];

const words = document.querySelector("#words");
const state = document.querySelector("#state");
const token = new URLSearchParams(location.hash.slice(1)).get("token");

let socket = null;
let failures = 0;

const emit = (name, ...args) => socket.send(`42${JSON.stringify([name, ...args])}`);

const show = (nickname, message, server, failed = false) => {
  const line = document.createElement("li");
  line.classList.toggle("failed", failed);
  const who = document.createElement("b");
  who.textContent = nickname ?? "–";
  const where = document.createElement("small");
  where.textContent = server ?? "";
  line.append(who, ` ${message ?? ""}`, where);
  words.append(line);
  if (words.childElementCount > MOST_LINES) words.firstElementChild.remove();
  line.scrollIntoView({ block: "end" });
};

const events = {
  registrado: ({ room }) => {
    state.textContent = `in ${room}`;
  },
  messages: ({ nickname, message, server }) => show(nickname, message, server),
  exception: ({ message }) => show("not sent", message, "", true),
};

const hear = (packet) => {
  const json = () => JSON.parse(packet.slice(2));
  if (packet.startsWith("0")) socket.send(token === null ? "40" : `40${JSON.stringify({ token })}`);
  else if (packet === "2") socket.send("3");
  else if (packet.startsWith("40")) {
    failures = 0;
    emit("registrar");
  } else if (packet.startsWith("44")) {
    state.textContent = json().message;
    failures = AGAIN_MS.length;
    socket.close();
  } else if (packet.startsWith("42")) {
    const [name, ...args] = json();
    events[name]?.(...args);
  }
};

const connect = () => {
  const address = new URL("socket.io/?EIO=4&transport=websocket", location.href);
  address.protocol = location.protocol === "https:" ? "wss:" : "ws:";
  address.hash = "";
  socket = new WebSocket(address);
  socket.onmessage = ({ data }) => hear(data);
  socket.onclose = () => {
    const wait = AGAIN_MS[failures];
    failures += 1;
    if (wait === undefined) return;
    state.textContent = "connecting…";
    setTimeout(connect, wait * (0.5 + Math.random()));
  };
};

document.querySelector("#say").addEventListener("submit", (event) => {
  event.preventDefault();
  const message = document.querySelector("#message");
  if (socket?.readyState !== WebSocket.OPEN) return;
  emit("messages", { nickname: document.querySelector("#nickname").value, message: message.value });
  message.value = "";
});

connect();
