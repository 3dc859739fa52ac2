"""Plays a bot in a group chat with the stock client of Python: it is told to add numbers, answers, and mends its answer.

Usage: python chat_bot.py <http-url> <transport[,transport]> <token> <group>
stdout: {"refused": "..."} with what a made up token is told, {"ready": "..."} when it is in, {"done": "..."} with the
name of the transport it ended on, or {"failed": "..."}; it ends with status 0 or 1
"""

import json
import queue
import sys
import traceback

import socketio

SOON = 15
URL, TRANSPORTS, TOKEN, GROUP = sys.argv[1], sys.argv[2].split(","), sys.argv[3], int(sys.argv[4])


def tell(**line):
    print(json.dumps(line), flush=True)


def equal(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


class Bot:
    """One connection, and what it is told, by event."""

    def __init__(self):
        self.io = socketio.Client(reconnection=False)
        self.told = {}
        for event in ("connect_error", "connected", "new_message", "message_sent", "message_read_by_recipient"):
            self.io.on(event, self.listener(event))

    def comes(self, token):
        self.io.connect(URL, auth={"token": token}, transports=TRANSPORTS, wait_timeout=SOON)

    def listener(self, event):
        place = self.told.setdefault(event, queue.Queue())
        return place.put

    def hears(self, event):
        return self.told[event].get(timeout=SOON)

    def asks(self, event, **payload):
        answer = self.io.call(event, payload, timeout=SOON)
        assert answer["success"], f"{event}: {answer}"
        return answer


def is_refused():
    bot = Bot()
    try:
        bot.comes("made.up.entirely")
    except socketio.exceptions.ConnectionError:
        return bot.hears("connect_error")["message"]
    raise AssertionError("let in with a token that is made up")


def answers(bot):
    """Takes one order, says what comes of it, and the numbers too a moment later."""
    order = bot.hears("new_message")
    bot.io.emit("message_delivered", {"messageIds": [order["id"]]})
    bot.io.emit("message_read", {"messageIds": [order["id"]], "groupId": GROUP})
    bot.io.emit("typing_start", {"groupId": GROUP})
    numbers = [int(word) for word in order["content"].split()[1:]]
    said = bot.asks("send_message", groupId=GROUP, content=str(sum(numbers)), replyToId=order["id"], tempId="t1")
    equal(bot.hears("message_sent")["message"], said["message"])
    equal((said["tempId"], said["message"]["replyToId"]), ("t1", order["id"]))
    mended = " + ".join(map(str, numbers)) + f" = {sum(numbers)}"
    edited = bot.asks("edit_message", messageId=said["message"]["id"], content=mended)
    equal((edited["message"]["content"], edited["message"]["isEdited"]), (mended, True))
    equal(bot.hears("message_read_by_recipient")["messageId"], said["message"]["id"])


def plays():
    tell(refused=is_refused())
    bot = Bot()
    bot.comes(TOKEN)
    bot.hears("connected")
    tell(ready=bot.io.transport())
    answers(bot)
    goodbye = bot.hears("new_message")
    equal(goodbye["content"], "tchau")
    bot.io.emit("message_delivered", {"messageIds": [goodbye["id"]]})
    # This client hangs up before it has sent what it was given last, so it waits for an answer.
    bot.asks("leave_group", groupId=GROUP)
    name = bot.io.transport()
    bot.io.disconnect()
    return name


try:
    tell(done=plays())
except BaseException:
    tell(failed=traceback.format_exc())
    sys.exit(1)
