// The peer: what most teams would write first, as well as Socket.IO lets them. One process, nothing is stored.
//
// It says what Recado's widget door says: a message to everybody in the room with an answer to the sender, typing to
// the others, and nobody gets in without a token that was verified. Prints its port as JSON when it listens.

import { createServer } from "node:http";
import jwt from "jsonwebtoken";
import { Server } from "socket.io";

const secret = process.env.JWT_SECRET;
if (!secret || secret.length < 32) {
  console.error("JWT_SECRET must be at least 32 bytes");
  process.exit(1);
}

const http = createServer();
const io = new Server(http, { serveClient: false, transports: ["websocket"], maxHttpBufferSize: 65536 });

io.use((socket, next) => {
  try {
    const { userId, chatId } = jwt.verify(socket.handshake.auth.token, secret, { algorithms: ["HS256"] });
    if (!userId || !chatId) return next(new Error("Invalid token payload"));
    socket.data = { userId, chatId };
    next();
  } catch {
    next(new Error("Invalid token"));
  }
});

let messages = 0;

io.on("connection", (socket) => {
  const { userId, chatId } = socket.data;
  socket.join(chatId);
  socket.on("message", ({ content, role }, answer) => {
    const id = String((messages += 1));
    const timestamp = new Date().toISOString();
    io.to(chatId).emit("message", { id, content, role, timestamp, sender: { id: userId } });
    if (answer) answer({ id, timestamp });
  });
  socket.on("typing", ({ isTyping }) => {
    socket.to(chatId).volatile.emit("typing", { userId, isTyping });
  });
});

http.listen(Number(process.env.PORT ?? 0), "127.0.0.1", 4096, () => {
  console.log(JSON.stringify({ listening: http.address().port }));
});
process.on("SIGTERM", () => process.exit(0));
