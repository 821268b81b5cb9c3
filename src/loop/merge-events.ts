import { WinnowError } from '../domain/errors.ts';
import { compareEvents, type WinnowEvent } from '../domain/events.ts';
import type { EventId } from '../domain/ids.ts';

/**
 * Union of two logs of one project by event id, in log order: what two machines decided apart, together. The order of the
 * arguments makes no difference, and merging again changes nothing. Throws `bad-input` for logs of two different projects.
 */
export function mergeEvents(mine: readonly WinnowEvent[], theirs: readonly WinnowEvent[]): WinnowEvent[] {
  const [a, b] = [origin(mine), origin(theirs)];
  if (a !== null && b !== null && a !== b) throw new WinnowError('bad-input', 'These are two different projects');
  const union = new Map<EventId, WinnowEvent>();
  for (const event of [...mine, ...theirs]) if (!union.has(event.id)) union.set(event.id, event);
  return [...union.values()].sort(compareEvents);
}

/** Id of the event that began the project. */
function origin(events: readonly WinnowEvent[]): EventId | null {
  return events.find((event) => event.kind === 'project-created')?.id ?? null;
}
