// What a test started ends with it.

const actions = new WeakMap();

async function unwind(stack) {
  const action = stack.pop();
  if (!action) return;
  try {
    await action();
  } finally {
    await unwind(stack);
  }
}

/** Runs `action` behind the test `t`, the last deferred first: pages go before their gateways. */
export function defer(t, action) {
  if (!actions.has(t)) {
    actions.set(t, []);
    t.after(() => unwind(actions.get(t)));
  }
  actions.get(t).push(action);
}
