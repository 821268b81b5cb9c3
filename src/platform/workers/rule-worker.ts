import { expose } from 'comlink';
import { compileRule, type TextRule } from '../../domain/rules.ts';
import './comlink-errors.ts';
import { reportRequests } from './report-requests.ts';

const service = {
  ready: () => true,
  /** Indices of the texts that the rule hits. */
  hits(rule: Pick<TextRule, 'kind' | 'text'>, texts: readonly string[]): Int32Array {
    const expression = compileRule(rule);
    return Int32Array.from(texts.flatMap((text, i) => (expression.test(text) ? [i] : [])));
  },
};
export type RuleService = typeof service;

reportRequests();
expose(service);
