// The basic patterns of the official JavaScript Durable Task SDK, against a gRPC address:
//
//     node patterns.js 127.0.0.1:4001
//
// Prints one line per pattern, `ok NAME` or `FAILED NAME: why`, and ends with 1 if one failed.
"use strict";

const assert = require("node:assert/strict");
const {
  EntityInstanceId,
  NoOpLogger,
  OrchestrationStatus,
  RetryPolicy,
  TaskEntity,
  TaskHubGrpcClient,
  TaskHubGrpcWorker,
  whenAll,
  whenAny,
} = require("@microsoft/durabletask-js");

const TIMEOUT_SECONDS = 60;
const hostAddress = process.argv[2];
const logger = new NoOpLogger();
const client = new TaskHubGrpcClient({ hostAddress, logger });
const worker = new TaskHubGrpcWorker({ hostAddress, logger });

const hello = async (_, name) => `Hello, ${name}!`;
const square = async (_, number) => number * number;
const fail = async (_, message) => {
  throw new Error(message);
};
const attempts = new Map();
const flaky = async (_, { key, failures }) => {
  const calls = (attempts.get(key) ?? 0) + 1;
  attempts.set(key, calls);
  if (calls <= failures) throw new Error(`attempt ${calls}`);
  return calls;
};

const sequence = async function* sequence(ctx, names) {
  const results = [];
  for (const name of names) results.push(yield ctx.callActivity(hello, name));
  return results;
};

const fanOut = async function* fanOut(ctx, count) {
  const tasks = Array.from({ length: count }, (_, number) => ctx.callActivity(square, number));
  const results = yield whenAll(tasks);
  return results.reduce((sum, each) => sum + each, 0);
};

const parent = async function* parent(ctx, names) {
  return yield ctx.callSubOrchestrator(sequence, names);
};

const events = async function* events(ctx, count) {
  const received = [];
  for (let number = 0; number < count; number += 1) {
    received.push(yield ctx.waitForExternalEvent("item"));
  }
  return received;
};

const eventOrTimeout = async function* eventOrTimeout(ctx, seconds) {
  const event = ctx.waitForExternalEvent("approval");
  const timeout = ctx.createTimer(seconds);
  const winner = yield whenAny([event, timeout]);
  return winner === event ? event.getResult() : "timeout";
};

const retries = async function* retries(ctx, request) {
  const retry = new RetryPolicy({ maxNumberOfAttempts: 4, firstRetryIntervalInMilliseconds: 10 });
  return yield ctx.callActivity(flaky, request, { retry });
};

const failing = async function* failing(ctx, message) {
  return yield ctx.callActivity(fail, message);
};

const countDown = async function* countDown(ctx, [number, seen]) {
  seen.push(yield ctx.waitForExternalEvent("tick"));
  if (number > 1) {
    ctx.continueAsNew([number - 1, seen], true);
    return undefined;
  }
  return seen;
};

class Counter extends TaskEntity {
  add(amount) {
    this.state += amount;
    return this.state;
  }

  get() {
    return this.state;
  }

  initializeState() {
    return 0;
  }
}

const callCounter = async function* callCounter(ctx, key) {
  const id = new EntityInstanceId("counter", key);
  ctx.entities.signalEntity(id, "add", 5);
  yield ctx.entities.callEntity(id, "add", 2);
  return yield ctx.entities.callEntity(id, "get");
};

const transfer = async function* transfer(ctx, [source, target, amount]) {
  const ids = [source, target].map((key) => new EntityInstanceId("counter", key));
  const lock = yield ctx.entities.lockEntities(...ids);
  yield ctx.entities.callEntity(ids[0], "add", -amount);
  yield ctx.entities.callEntity(ids[1], "add", amount);
  lock.release();
  return true;
};

const finish = (id) => client.waitForOrchestrationCompletion(id, true, TIMEOUT_SECONDS);

async function completes(orchestrator, input, expected) {
  const state = await finish(await client.scheduleNewOrchestration(orchestrator, input));
  assert.equal(state.runtimeStatus, OrchestrationStatus.COMPLETED);
  assert.deepEqual(JSON.parse(state.serializedOutput), expected);
  return state;
}

// For facts that the SDK can't wait for.
async function eventually(what, ask) {
  const end = Date.now() + 30_000;
  for (;;) {
    if (await ask()) return;
    assert.ok(Date.now() < end, `${what} did not become true`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const patterns = {
  sequence: () => completes(sequence, ["a", "b"], ["Hello, a!", "Hello, b!"]),

  fan_out: () => completes(fanOut, 200, 2646700),

  sub_orchestration: () => completes(parent, ["a"], ["Hello, a!"]),

  async events() {
    const id = await client.scheduleNewOrchestration(events, 10);
    for (let number = 0; number < 10; number += 1) {
      await client.raiseOrchestrationEvent(id, "item", number);
    }
    const state = await finish(id);
    assert.deepEqual(JSON.parse(state.serializedOutput), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  },

  async timeout() {
    await completes(eventOrTimeout, 0.02, "timeout");
    const id = await client.scheduleNewOrchestration(eventOrTimeout, 3600);
    await client.raiseOrchestrationEvent(id, "approval", { approved: true });
    assert.deepEqual(JSON.parse((await finish(id)).serializedOutput), { approved: true });
  },

  retries: () => completes(retries, { key: "three", failures: 2 }, 3),

  async failure() {
    const state = await finish(await client.scheduleNewOrchestration(failing, "no way"));
    assert.equal(state.runtimeStatus, OrchestrationStatus.FAILED);
    assert.match(state.failureDetails.message, /no way/);
  },

  async continue_as_new() {
    const id = await client.scheduleNewOrchestration(countDown, [5, []]);
    for (let number = 0; number < 5; number += 1) {
      await client.raiseOrchestrationEvent(id, "tick", number);
    }
    assert.deepEqual(JSON.parse((await finish(id)).serializedOutput), [0, 1, 2, 3, 4]);
  },

  async suspend_resume_terminate_purge() {
    const id = await client.scheduleNewOrchestration(events, 1);
    await client.waitForOrchestrationStart(id, false, TIMEOUT_SECONDS);
    const status = async () => (await client.getOrchestrationState(id)).runtimeStatus;
    await client.suspendOrchestration(id);
    await eventually("suspended", async () => (await status()) === OrchestrationStatus.SUSPENDED);
    await client.resumeOrchestration(id);
    await eventually("resumed", async () => (await status()) === OrchestrationStatus.RUNNING);
    await client.terminateOrchestration(id, "enough");
    const state = await finish(id);
    assert.equal(state.runtimeStatus, OrchestrationStatus.TERMINATED);
    assert.equal(JSON.parse(state.serializedOutput), "enough");
    assert.equal((await client.purgeOrchestration(id)).deletedInstanceCount, 1);
    assert.equal(await client.getOrchestrationState(id), undefined);
  },

  async query() {
    const id = await client.scheduleNewOrchestration(sequence, ["q"]);
    await finish(id);
    const found = [];
    for await (const state of client.getAllInstances({ pageSize: 3 })) found.push(state.instanceId);
    assert.ok(found.includes(id));
    assert.ok((await client.getOrchestrationHistory(id)).length > 3);
  },

  async entities() {
    await completes(callCounter, "calls", 7);
    const counter = new EntityInstanceId("counter", "signals");
    for (let number = 0; number < 10; number += 1) await client.signalEntity(counter, "add", 1);
    await eventually("the sum", async () => (await client.getEntity(counter, true))?.state === 10);
  },

  async locks() {
    const ids = await Promise.all(
      Array.from({ length: 10 }, (_, number) =>
        client.scheduleNewOrchestration(transfer, [`l${number % 2}`, `l${(number + 1) % 2}`, 1]),
      ),
    );
    for (const id of ids) {
      assert.equal((await finish(id)).runtimeStatus, OrchestrationStatus.COMPLETED);
    }
    const states = await Promise.all(
      ["l0", "l1"].map((key) => client.getEntity(new EntityInstanceId("counter", key), true)),
    );
    assert.equal(states[0].state + states[1].state, 0);
  },
};

async function main() {
  const orchestrators = [
    sequence, fanOut, parent, events, eventOrTimeout, retries, failing, countDown, callCounter,
    transfer,
  ];
  orchestrators.forEach((each) => worker.addOrchestrator(each));
  [hello, square, fail, flaky].forEach((each) => worker.addActivity(each));
  worker.addNamedEntity("counter", () => new Counter());
  await worker.start();
  let failed = 0;
  for (const [name, run] of Object.entries(patterns)) {
    try {
      await run();
      console.log(`ok ${name}`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED ${name}: ${error.stack}`);
    }
  }
  await worker.stop();
  await client.stop();
  process.exit(failed === 0 ? 0 : 1);
}

main();
