import { expose } from 'comlink';
import { inspectionSample } from '../../domain/samples/inspection.ts';
import './comlink-errors.ts';
import { reportRequests } from './report-requests.ts';

reportRequests();
const service = {
  /** PNG files of a stretch of the inspection sample. */
  images(seed: number, from: number, count: number): { label: string; png: Uint8Array }[] {
    return Array.from({ length: count }, (_, i) => inspectionSample(seed, from + i));
  },
};
export type SampleService = typeof service;

expose(service);
