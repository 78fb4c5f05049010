// Between Gradio's client and the network. Gradio gives a page up for good once a connection breaks, and says so
// in its own words; here each of its events comes to an end instead, the page's own script is told why
// (inhouse:broken), and the next event finds the server, or another one, as soon as it is there.
// This runs before Gradio's script.

const REST_MS = 5_000; // until a heartbeat that broke off is begun again
const network = window.fetch.bind(window);
const open = new Set(); // events without an end yet
let refused = 0;
let giveUp = () => {};

function tell(reason) {
  document.dispatchEvent(new CustomEvent("inhouse:broken", { detail: reason }));
}

// An event is announced: refused ones get a name of ours, and end on the stream that is asked for next.
async function join(resource, options) {
  let reason = "lost";
  try {
    const answer = await network(resource, options);
    if (answer.ok && !answer.redirected) {
      open.add((await answer.clone().json()).event_id);
      return answer;
    }
    reason = { 401: "signed-out", 403: "signed-out", 429: "busy", 503: "busy" }[answer.status] ?? "failed";
    if (answer.redirected) reason = "signed-out";
  } catch {
    // the server is not there
  }
  const event_id = `refused-${(refused += 1)}`;
  open.add(event_id);
  tell(reason);
  sendEnds?.();
  return Response.json({ event_id });
}

let sendEnds = null; // ends the refused events, while a stream is open

function listen(resource, options) {
  const signal = options?.signal ?? resource?.signal;
  const encoder = new TextEncoder();
  const body = new ReadableStream({
    async start(controller) {
      const send = (message) => controller.enqueue(encoder.encode(`data: ${JSON.stringify(message)}\n\n`));
      const end = (event_id) => {
        open.delete(event_id);
        const output = { data: [], is_generating: false, duration: 0, average_duration: 0 };
        send({ msg: "process_completed", event_id, output, success: true });
      };
      sendEnds = () => [...open].filter((id) => id.startsWith("refused-")).forEach(end);
      sendEnds();
      try {
        while (open.size) await relay(resource, options, send, end);
      } catch (error) {
        if (!signal?.aborted && error.name !== "AbortError") {
          if (open.size) tell("cut");
          [...open].forEach(end);
        }
      }
      sendEnds = null;
      if (!signal?.aborted) send({ msg: "close_stream" });
      controller.close();
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

// What the server says, message by message, until it has nothing more to say. Throws where it breaks off.
async function relay(resource, options, send, end) {
  const stop = new AbortController();
  const signal = options?.signal ?? resource?.signal;
  signal?.addEventListener("abort", () => stop.abort());
  giveUp = () => stop.abort(new Error("given up"));
  const answer = await network(resource?.url ?? resource, { headers: resource?.headers, ...options, signal: stop.signal });
  if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) throw new Error("broken off");
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const message = JSON.parse(part.replace(/^data:/, ""));
      if (message.msg === "close_stream") return;
      if (message.msg === "unexpected_error") throw new Error(message.message);
      const isOver = message.msg === "process_completed";
      if (isOver && !message.success) {
        tell("failed");
        end(message.event_id);
      } else {
        if (isOver) open.delete(message.event_id);
        send(message);
      }
    }
  }
}

// Tells the server that this tab is there; its end is nobody's concern.
function beat(resource, options) {
  const signal = options?.signal ?? resource?.signal;
  const body = new ReadableStream({
    async start() {
      while (!signal?.aborted) {
        try {
          const answer = await network(resource?.url ?? resource, { ...options, signal });
          const reader = answer.body.getReader();
          while (!(await reader.read()).done);
        } catch {
          // the server is not there
        }
        await new Promise((done) => setTimeout(done, REST_MS));
      }
    },
  });
  return new Response(body, { headers: { "content-type": "text/event-stream" } });
}

// Gradio asks once what the page can do: without an answer nothing can be asked on this page any more.
async function describe(resource, options) {
  const answer = await network(resource, options);
  if (!answer.ok || answer.redirected) document.documentElement.dataset.refused = "";
  return answer;
}

window.fetch = (resource, options) => {
  const address = String(resource?.url ?? resource);
  if (address.includes("/gradio_api/queue/join")) return join(resource, options);
  if (address.includes("/gradio_api/queue/data")) return Promise.resolve(listen(resource, options));
  if (address.includes("/gradio_api/heartbeat/")) return Promise.resolve(beat(resource, options));
  if (address.includes("/gradio_api/info")) return describe(resource, options);
  return network(resource, options);
};
// The server cannot be reached: what is open will not go on.
document.addEventListener("inhouse:lost", () => giveUp());
