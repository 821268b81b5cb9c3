import { expose } from 'comlink';
import { inspectionImage, SAMPLE_SIDE } from '../../domain/samples/inspection.ts';
import { encodePng } from '../../domain/samples/png.ts';
import './comlink-errors.ts';

const service = {
  /** PNG files of a stretch of the inspection sample. */
  images(seed: number, from: number, count: number): { label: string; png: Uint8Array }[] {
    return Array.from({ length: count }, (_, i) => {
      const { label, pixels } = inspectionImage(seed, from + i);
      return { label, png: encodePng(pixels, SAMPLE_SIDE, SAMPLE_SIDE) };
    });
  },
};
export type SampleService = typeof service;

expose(service);
