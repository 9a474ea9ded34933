// Runs the state machine by aws-local-stepfunctions, an interpreter of Amazon States Language, and invokes the function through
// an HTTP server: node run.cjs DEFINITION URL EVENT. What the machine ends with goes to stdout.
Promise.withResolvers ??= function () { // Node 20 has none
  let resolve, reject;
  const promise = new Promise((a, b) => { resolve = a; reject = b; });
  return { promise, resolve, reject };
};
const { readFileSync } = require("node:fs");
const { StateMachine } = require("aws-local-stepfunctions");

const [definition, url, event] = process.argv.slice(2);

async function invoke(input) {
  const response = await fetch(url, { method: "POST", body: JSON.stringify(input.Payload) });
  const answer = await response.json();
  if (response.ok) return { StatusCode: 200, Payload: answer };
  const error = new Error(answer.errorMessage);
  error.name = answer.errorType;
  throw error;
}

const machine = new StateMachine(JSON.parse(readFileSync(definition, "utf8")));
const run = machine.run(JSON.parse(event), {
  overrides: { taskResourceLocalHandlers: { Plan: invoke, Shard: invoke, Merge: invoke } },
});
run.result.then(
  (result) => process.stdout.write(JSON.stringify(result)),
  (error) => { process.stderr.write(`${error.stack}\n${error.cause?.stack ?? ""}\n`); process.exitCode = 1; },
);
