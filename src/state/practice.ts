import { namesOfHint } from '../formats/class-list.ts';
import type { ProjectSession } from './project.svelte.ts';

/** Practice runs: answers the next items of the shown queue from the hidden reference, and says what it can't answer. */
export async function answerFromReference(session: ProjectSession, count: number): Promise<void> {
  const { labelling, learning } = session;
  for (let i = 0; i < count; i++) {
    if (!labelling.current) await learning.advance();
    const { current } = labelling;
    const { schema, task } = session.state;
    const names = current ? namesOfHint(session.reference(current.item.id), task) : [];
    const ids = schema.classes.filter((c) => names.includes(c.name)).map((c) => c.id);
    const [first] = ids;
    if (!current) return;
    const unknown = names.filter((name) => !schema.classes.some((c) => c.name === name));
    if (unknown.length > 0) {
      session.notices.show('info', {
        what: `The reference says “${unknown.join('”, “')}”, which is no class of this project.`,
        meaning: 'This item can’t be answered from it.',
        action: 'Add the class on the Classes stage, or label the item yourself.',
      });
      return;
    }
    // No name beside an item says "none of these" where it can have several, and nothing where it has one.
    if (task === 'multi') await labelling.confirm(ids);
    else if (first) await labelling.label(first);
    else return;
  }
}
