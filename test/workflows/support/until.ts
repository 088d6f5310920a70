const everyMs = 20;
const patienceMs = 25_000;

/** Waits until `check` gives something other than undefined and false; fails with `what` when that takes too long. */
export async function until<Result>(
  what: string,
  check: () => Promise<Result | undefined | false> | Result | undefined | false,
): Promise<Result> {
  const deadlineMs = Date.now() + patienceMs;
  for (;;) {
    const result = await check();
    if (result !== undefined && result !== false) return result;
    if (Date.now() > deadlineMs) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}

/** A door that a test opens when it likes. */
export function gate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}
