/** What a worker tells its page about its own requests; the page's observer does not see them. */
export interface RequestReport {
  readonly kind: 'winnow-requests';
  readonly addresses: readonly string[];
}

export function isRequestReport(data: unknown): data is RequestReport {
  return typeof data === 'object' && data !== null && (data as Partial<RequestReport>).kind === 'winnow-requests';
}

/** To be called once in each worker. */
export function reportRequests(): void {
  const observer = new PerformanceObserver((list) => {
    const addresses = list.getEntries().map((entry) => entry.name);
    self.postMessage({ kind: 'winnow-requests', addresses } satisfies RequestReport);
  });
  observer.observe({ type: 'resource', buffered: true });
}
