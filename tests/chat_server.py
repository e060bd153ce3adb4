"""A server on loopback with OpenAI's way to complete chats, which replays recorded attempts, and a client of it."""

import json
import threading
import urllib.request
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Attempt(NamedTuple):
    """One recorded attempt; a text of None is one that fails."""

    text: str | None
    tokens_in: int
    tokens_out: int
    seconds: float


class ChatServer:
    """Replays the attempts of a (model, question) in the order that the `user` of a request names.

    `user` is the name of a query, a blank, and the places of the attempts, as in `q7 2,0,1`: requests of one query get
    its attempts one after the other, whichever thread asks.
    """

    def __init__(self, attempts):
        self.attempts = attempts
        self.served = Counter()
        self.lock = threading.Lock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status, answer, seconds = server.complete(self.path, body)
                text = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.send_header("openai-processing-ms", repr(1000 * seconds))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_address[1]}/v1"

    def __enter__(self):
        threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        return self

    def __exit__(self, *args):
        self.http.shutdown()
        self.http.server_close()

    def complete(self, path, body):
        """Status, body and seconds of a completion with one choice."""
        if path != "/v1/chat/completions":
            return 404, {"error": {"message": f"no such path: {path}"}}, 0.0
        query, order = body["user"].split(" ")
        with self.lock:
            place = self.served[query, body["model"]]
            self.served[query, body["model"]] += 1
        recorded = self.attempts[body["model"], body["messages"][-1]["content"]]
        attempt = recorded[int(order.split(",")[place])]
        if attempt.text is None:
            return 500, {"error": {"message": "the server had an error"}}, attempt.seconds
        usage = {"prompt_tokens": attempt.tokens_in, "completion_tokens": attempt.tokens_out}
        choice = {"index": 0, "message": {"role": "assistant", "content": attempt.text}, "finish_reason": "stop"}
        answer = {"object": "chat.completion", "model": body["model"], "choices": [choice], "usage": usage}
        return 200, answer, attempt.seconds


class Completion(NamedTuple):
    """What the client takes of a response."""

    text: str
    tokens_in: int
    tokens_out: int
    seconds: float


def complete(address, model, question, user):
    """One pass of a model at a question."""
    body = {"model": model, "messages": [{"role": "user", "content": question}], "user": user}
    request = urllib.request.Request(  # noqa: S310 (on loopback)
        f"{address}/chat/completions", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        answer = json.load(response)
        seconds = float(response.headers["openai-processing-ms"]) / 1000
    usage = answer["usage"]
    return Completion(
        answer["choices"][0]["message"]["content"], usage["prompt_tokens"], usage["completion_tokens"], seconds
    )
