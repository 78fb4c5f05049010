// Gradio ends its own stream when the page is left, and would then report that end as a broken connection.
// So a stream that was ended on purpose simply ends. This runs before Gradio's script.

const ask = window.fetch;

window.fetch = async (resource, options) => {
  const answer = await ask(resource, options);
  if (!answer.body || !/\/queue\/data\b/.test(resource?.url ?? String(resource))) return answer;
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
