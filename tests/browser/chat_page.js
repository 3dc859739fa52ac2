// The page of a chat application that is not ours, with the stock client: what somebody else's front-end would write.
// It shows each message once, under the id the server gave it, and marks what it was told as delivered.

const shown = new Map();
const flaws = [];
const transports = [];
let socket = null;
let last = 0;

function show({ id, senderId, content }) {
  shown.set(id, content);
  const line = document.createElement("li");
  line.textContent = `${senderId}: ${content}`;
  line.dataset.id = id;
  document.querySelector("ol").append(line);
}

/** Somebody else's message: later than all that were told before it. */
function hear(message) {
  if (message.id <= last) flaws.push(`told ${message.id} after ${last}`);
  last = message.id;
  show(message);
  // Never answered, so it must not stand in the line of what is sent until it is.
  socket.volatile.emit("message_delivered", { messageIds: [message.id] });
}

/** Connects as applications do: by polling first, and what is not answered is sent again. */
function enter(url, token) {
  const { io } = window;
  socket = io(url, { auth: { token }, withCredentials: true, retries: 20, ackTimeout: 5000, reconnectionDelayMax: 1000 });
  const note = () => transports.push(socket.io.engine.transport.name);
  socket.io.on("open", () => {
    note();
    socket.io.engine.once("upgrade", note);
  });
  socket.on("connected", () => document.body.classList.add("in"));
  socket.on("disconnect", () => document.body.classList.remove("in"));
  socket.on("connect_error", ({ message }) => document.body.setAttribute("data-error", message));
  socket.on("new_message", hear);
  // What was told and not yet marked is told again here, and only here.
  socket.on("pending_messages", ({ messages }) => messages.filter(({ id }) => !shown.has(id)).forEach(hear));
}

/** Resolves when the message is taken, however often it had to be sent. */
function say(groupId, content) {
  return new Promise((resolve, reject) => {
    socket.emit("send_message", { groupId, content, tempId: content }, (error, answer) => {
      if (error || !answer.success) return reject(error ?? new Error(answer.error));
      if (shown.has(answer.message.id)) flaws.push(`two messages are ${answer.message.id}`);
      show(answer.message);
      resolve(answer.message.id);
    });
  });
}

/** What the server says was said, over HTTP and with a header that browsers ask leave for first. */
async function history(url, token, groupId) {
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/api/chat/groups/${groupId}/messages?limit=100`, { headers });
  return (await answer.json()).data.messages.map(({ id, content }) => [id, content]);
}

window.chat = { enter, say, history, leave: () => socket.disconnect(), state: () => ({ shown: [...shown], flaws, transports }) };
