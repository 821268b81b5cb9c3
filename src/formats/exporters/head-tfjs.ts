import { joinFloats } from '../../domain/floats.ts';
import { foldHead } from '../../domain/head-maths.ts';
import { findClass } from '../../domain/schema.ts';
import { utf8 } from '../bytes.ts';
import type { Exporter } from '../format.ts';

export default {
  id: 'head-tfjs',
  name: 'Trained model (TensorFlow.js)',
  summary:
    'The trained head as a TensorFlow.js layers model, with a JSON file that names its classes, encoder and preprocessing.',
  needsHead: true,
  texts: 'none',
  export({ head, state, encoder, exportedAt, temperature }) {
    if (!head) return [];
    const classes = head.classes.map((id) => ({ id, name: findClass(state.schema, id)?.name ?? id }));
    const folded = foldHead(head);
    const divisor = temperature ?? 1;
    const [weights, bias] = [folded.weights, folded.bias].map((values) => values.map((v) => v / divisor)) as [
      Float32Array,
      Float32Array,
    ];
    const { hidden } = folded;
    const parts = [...(hidden ? [hidden.weights, hidden.bias] : []), weights, bias];
    const units = hidden?.bias.length;
    const layer = (className: string, config: Record<string, unknown>): unknown => ({ class_name: className, config });
    const model = {
      format: 'layers-model',
      generatedBy: 'Winnow',
      convertedBy: null,
      modelTopology: {
        class_name: 'Sequential',
        config: {
          name: 'winnow_head',
          layers: [
            layer('InputLayer', {
              batch_input_shape: [null, head.dim],
              dtype: 'float32',
              sparse: false,
              name: 'embedding',
            }),
            ...(units ? [layer('Dense', { name: 'hidden', units, activation: 'relu', use_bias: true })] : []),
            layer('Dense', {
              name: 'head',
              units: classes.length,
              activation: head.thresholds ? 'sigmoid' : 'softmax',
              use_bias: true,
              trainable: true,
            }),
          ],
        },
        keras_version: 'tfjs-layers',
        backend: 'tensor_flow.js',
      },
      weightsManifest: [
        {
          paths: ['weights.bin'],
          weights: [
            ...(units
              ? [
                  { name: 'hidden/kernel', shape: [head.dim, units], dtype: 'float32' },
                  { name: 'hidden/bias', shape: [units], dtype: 'float32' },
                ]
              : []),
            { name: 'head/kernel', shape: [units ?? head.dim, classes.length], dtype: 'float32' },
            { name: 'head/bias', shape: [classes.length], dtype: 'float32' },
          ],
        },
      ],
    };
    const facts = {
      format: 'winnow-head',
      version: 1,
      project: state.name,
      modelVersion: head.version,
      classes,
      encoder,
      input:
        'One unit-length embedding of this encoder per row, float32. The standardisation is folded into the weights.',
      output: head.thresholds
        ? 'One probability per class (sigmoid), in the order of `classes`. An item has every class whose probability reaches its threshold.'
        : 'Softmax probabilities in the order of `classes`.',
      calibration:
        temperature === null
          ? 'None: the probabilities are as trained.'
          : 'On a random calibration slice that was never trained on. Weights and bias are divided by `temperature`.',
      ...(temperature !== null && { temperature }),
      ...(head.thresholds && { thresholds: Array.from(head.thresholds) }),
      ...(units && { hiddenUnits: units }),
      lambda: head.lambda,
      exportedAt: new Date(exportedAt).toISOString(),
    };
    return [
      { name: 'model.json', type: 'application/json', bytes: utf8(JSON.stringify(model)) },
      { name: 'weights.bin', type: 'application/octet-stream', bytes: new Uint8Array(joinFloats(parts).buffer) },
      { name: 'winnow-head.json', type: 'application/json', bytes: utf8(JSON.stringify(facts, null, 2)) },
    ];
  },
} satisfies Exporter;
