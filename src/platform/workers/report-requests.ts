import { KEPT_MARK, type RequestReport } from '../../offline/build.ts';

export function isRequestReport(data: unknown): data is RequestReport {
  return typeof data === 'object' && data !== null && (data as Partial<RequestReport>).kind === 'winnow-requests';
}

/**
 * False for what the service worker answered from this machine: nothing of it went over a network. The mark counts on answers of
 * this origin only, as others could send it too.
 */
export function isNetworkUse(entry: PerformanceEntry): boolean {
  if (new URL(entry.name, location.href).origin !== location.origin) return true;
  const timings = (entry as Partial<PerformanceResourceTiming>).serverTiming ?? [];
  return !timings.some(({ name }) => name === KEPT_MARK);
}

/** To be called once in each worker. */
export function reportRequests(): void {
  const observer = new PerformanceObserver((list) => {
    const addresses = list
      .getEntries()
      .filter(isNetworkUse)
      .map((entry) => entry.name);
    if (addresses.length > 0) self.postMessage({ kind: 'winnow-requests', addresses } satisfies RequestReport);
  });
  observer.observe({ type: 'resource', buffered: true });
}
