// Gradio ends its own stream when the page is left, and would then report that end as a broken connection.
// So a stream that was ended on purpose simply ends, also before it began. This runs before Gradio's script.

const ask = window.fetch;

window.fetch = async (resource, options) => {
  if (!/\/queue\/data\b/.test(resource?.url ?? String(resource))) return ask(resource, options);
  const answer = await ask(resource, options).catch((error) => {
    if (error.name === "AbortError") return new Response("");
    throw error;
  });
  if (!answer.body) return answer;
  const reader = answer.body.getReader();
  const body = new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        if (error.name === "AbortError") controller.close();
        else controller.error(error);
      }
    },
    cancel: (reason) => reader.cancel(reason),
  });
  return new Response(body, { status: answer.status, statusText: answer.statusText, headers: answer.headers });
};
