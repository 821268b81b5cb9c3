/** Copies beyond this gain little: they share the memory's speed. */
const MOST_LANES = 4;
/** Bytes that copies of a model's weights may take in all, for each gigabyte of the machine's memory. */
const BYTES_PER_GB = 64 * 2 ** 20;

/**
 * How many copies of a model compute side by side on a processor.
 * @param threads that may be used in all @param weightBytes of one copy @param memoryGb as the browser tells it
 */
export function laneCount(threads: number, weightBytes: number, memoryGb: number): number {
  const fitting = Math.floor((memoryGb * BYTES_PER_GB) / Math.max(1, weightBytes));
  return Math.max(1, Math.min(threads, fitting, MOST_LANES));
}
