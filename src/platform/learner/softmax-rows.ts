/**
 * softmax(row + bias) in place.
 * @param values row-major [rows, classes] @param bias of the rows in turn: row-major [period, classes], rows a multiple of period
 */
export function softmaxRows(values: Float32Array, bias: Float32Array, classes: number): void {
  const period = bias.length;
  for (let from = 0; from < values.length; from += classes) {
    const biasAt = from % period;
    let max = -Infinity;
    for (let c = 0; c < classes; c++) {
      const value = (values[from + c] as number) + (bias[biasAt + c] as number);
      values[from + c] = value;
      if (value > max) max = value;
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) {
      const e = Math.exp((values[from + c] as number) - max);
      values[from + c] = e;
      sum += e;
    }
    for (let c = 0; c < classes; c++) values[from + c] = (values[from + c] as number) / sum;
  }
}

/** 1 / (1 + exp(-(value + bias))) in place. @param values of rows as wide as the bias, or as some of its rows in turn */
export function sigmoidRows(values: Float32Array, bias: Float32Array): void {
  const period = bias.length;
  for (let i = 0; i < values.length; i++) {
    values[i] = 1 / (1 + Math.exp(-((values[i] as number) + (bias[i % period] as number))));
  }
}

/** max(0, value + bias) in place. @param values row-major [rows, units] @param bias [units] */
export function reluRows(values: Float32Array, bias: Float32Array): void {
  const units = bias.length;
  for (let from = 0; from < values.length; from += units) {
    for (let u = 0; u < units; u++) {
      values[from + u] = Math.max(0, (values[from + u] as number) + (bias[u] as number));
    }
  }
}
