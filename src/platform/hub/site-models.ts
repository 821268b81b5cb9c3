import * as v from 'valibot';
import type { SiteModel } from '../../loop/app-ports.ts';

const shape = v.array(v.object({ path: v.string(), files: v.record(v.string(), v.number()) }));

/** What the site's own list says; none where there is no list, or no network to ask for it. */
export async function readSite(): Promise<readonly SiteModel[]> {
  const answer = await fetch('/models/index.json').catch(() => null);
  if (!answer?.ok || !(answer.headers.get('content-type') ?? '').includes('json')) return [];
  const result = v.safeParse(shape, await answer.json());
  return result.success ? result.output : [];
}
