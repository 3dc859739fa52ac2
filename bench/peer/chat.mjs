// The peer for group chat: the events of the original, as well as Socket.IO lets them. One process, nothing is stored.
//
// A user is in the group that the token's chatId names. A message is new to the others, and its sender hears
// message_sent and the answer, as from Recado. Prints its port as JSON when it listens.

import { createServer } from "node:http";
import jwt from "jsonwebtoken";
import { Server } from "socket.io";

const secret = process.env.JWT_SECRET;
if (!secret || secret.length < 32) {
  console.error("JWT_SECRET must be at least 32 bytes");
  process.exit(1);
}

const http = createServer();
const io = new Server(http, { serveClient: false, pingTimeout: 60_000, maxHttpBufferSize: 1e8 });

io.use((socket, next) => {
  try {
    const { userId, chatId } = jwt.verify(socket.handshake.auth.token, secret, { algorithms: ["HS256"] });
    socket.data = { userId: Number(userId), groupId: Number(chatId) };
    next();
  } catch {
    next(new Error("Token inválido"));
  }
});

let messages = 0;

const composed = ({ userId }, { groupId, content, type = "text", replyToId, fileUrl, fileName, fileSize }) => ({
  id: (messages += 1), content: content.trim(), type, senderId: userId, senderName: `User ${userId}`, groupId,
  replyToId: replyToId ?? null, fileUrl: fileUrl ?? null, fileName: fileName ?? null, fileSize: fileSize ?? null,
  status: "sent", createdAt: new Date().toISOString(), timestamp: Date.now(), isEdited: false, isDeleted: false,
});

io.on("connection", (socket) => {
  const { userId, groupId } = socket.data;
  socket.join([`user_${userId}`, `group_${groupId}`]);
  socket.on("send_message", (said, answer) => {
    const message = composed(socket.data, said);
    const sent = { success: true, message, tempId: said.tempId };
    socket.to(`group_${message.groupId}`).emit("new_message", message);
    socket.emit("message_sent", sent);
    if (answer) answer(sent);
  });
  socket.on("typing_start", (said) => {
    const told = { userId, userName: `User ${userId}`, groupId: said.groupId, timestamp: Date.now() };
    socket.to(`group_${said.groupId}`).volatile.emit("user_typing", told);
  });
  const now = new Date();
  socket.emit("connected", {
    message: "Conectado com sucesso ao chat", userId, timestamp: now.toISOString(), serverTime: now.getTime(),
  });
});

http.listen(Number(process.env.PORT ?? 0), "127.0.0.1", 4096, () => {
  console.log(JSON.stringify({ listening: http.address().port }));
});
process.on("SIGTERM", () => process.exit(0));
