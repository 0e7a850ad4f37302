// Event streams (text/event-stream) as they come: what a browser's EventSource would make of them.

import assert from "node:assert/strict";
import http from "node:http";

/** The events of a stream's text: [{ event, data (JSON) }]; comments are left out. */
export function eventsOf(text) {
  return text
    .split("\n\n")
    .map((block) => block.split("\n").filter((line) => /^(event|data): /.test(line)))
    .filter((lines) => lines.length)
    .map((lines) => Object.fromEntries(lines.map((line) => line.split(/: (.*)/s).slice(0, 2))))
    .map(({ event, data }) => ({ event, data: JSON.parse(data) }));
}

/**
 * Opens the stream of @target; gives { status, headers, text (what has come so far), ended (a promise), leave() }.
 */
export function watch(client, target, headers = {}) {
  const { hostname, port } = new URL(client.server.url);
  return new Promise((done, fail) => {
    const request = http.request(
      { hostname, port, path: target, agent: false, headers: { Authorization: `Bearer ${client.token}`, Accept: "text/event-stream", ...headers } },
      (response) => {
        const stream = { status: response.statusCode, headers: response.headers, text: "", leave: () => request.destroy() };
        response.setEncoding("utf8");
        response.on("data", (piece) => (stream.text += piece));
        stream.ended = new Promise((end) => {
          response.on("end", () => end("whole"));
          response.on("error", () => end("broken"));
        });
        done(stream);
      },
    );
    request.on("error", fail);
    request.end();
  });
}

/** The events of a job to its end, however many streams it takes, as EventSource would have them; ended: of the last stream. */
export async function follow(client, target, headers = {}) {
  const events = [];
  for (;;) {
    const stream = await watch(client, target, headers);
    assert.deepEqual([stream.status, stream.headers["content-type"]], [200, "text/event-stream"]);
    const ended = await stream.ended;
    events.push(...eventsOf(stream.text));
    if (ended !== "whole" || !["queued", "running"].includes(events.at(-1)?.data.state)) return { events, ended };
  }
}

/** What every stream of a job must be: it begins with a state, goes on, and ends with the end. */
export function checkProgress(events) {
  assert.ok(events.length > 0 && events.every(({ event }) => event === "job"));
  const order = ["queued", "running", "done"];
  const states = events.map(({ data }) => data.state);
  for (let i = 1; i < events.length; i++) {
    assert.ok(order.indexOf(states[i]) >= order.indexOf(states[i - 1]), states.join(" "));
    assert.ok(events[i].data.done >= events[i - 1].data.done, "progress goes back");
  }
}
