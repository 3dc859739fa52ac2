// Changes the transport again and again in the midst of what it says, and hears whether anything is lost, doubled or
// put in another order.
// Usage: node races.mjs <http-url> <engine.io-client | socket.io-client> <how often>
//
// stdout: {"done":<how often>} or {"failed":"…"}; it ends with status 0 or 1
const SOON_MS = 20_000;
const AT_ONCE = 10;
const MESSAGES = 60;

const [url, kind, times] = process.argv.slice(2);
const print = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const client = await import(kind);

// Each has an engine that changes, a way to say a number, and one to hear them.
const opens = () => {
  if (kind === "engine.io-client") {
    const engine = new client.Socket(url, { path: "/engine.io/", transports: ["polling", "websocket"] });
    const say = (number) => engine.send(`${number}`);
    return { engine, say, listen: (hear) => engine.on("message", hear), opened: engine, close: () => engine.close() };
  }
  const socket = client.io(url, { forceNew: true, reconnection: false });
  const say = (number) => socket.emit("message", number);
  const listen = (hear) => socket.on("message-back", hear);
  return { engine: socket.io.engine, say, listen, opened: socket, close: () => socket.disconnect() };
};

const race = () =>
  new Promise((resolve, reject) => {
    const { engine, say, listen, opened, close } = opens();
    let said = 0;
    let heard = 0;
    let upgraded = false;
    const timer = setTimeout(() => reject(new Error(`heard ${heard} of ${said}, upgraded: ${upgraded}`)), SOON_MS);
    const go = () => {
      // Some of them before the change, some in it, some after it, whenever that is.
      if (said < MESSAGES || !upgraded) say(said++);
      if (said < MESSAGES || !upgraded) setTimeout(go, Math.random() * 3);
    };
    engine.on("upgrade", () => (upgraded = true));
    opened.on(opened === engine ? "open" : "connect", go);
    opened.on(opened === engine ? "close" : "disconnect", (why) => reject(new Error(`closed: ${why}`)));
    listen((number) => {
      if (Number(number) !== heard) reject(new Error(`heard ${number} instead of ${heard}`));
      heard += 1;
      if (upgraded && heard === said && said >= MESSAGES) {
        clearTimeout(timer);
        opened.off();
        resolve(close());
      }
    });
  });

try {
  let begun = 0;
  const runs = async () => {
    while (begun < Number(times)) {
      begun += 1;
      await race();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runs));
  print({ done: begun });
  // What is said last still has to leave.
  setTimeout(() => process.exit(), 200);
} catch (error) {
  print({ failed: `${error.stack ?? error}` });
  process.exit(1);
}
