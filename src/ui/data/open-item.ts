import type { ItemId } from '../../domain/ids.ts';
import type { AppState } from '../../state/app.svelte.ts';
import type { ProjectSession } from '../../state/project.svelte.ts';

/** Shows an item on the label stage; false when it may not be shown on its own. */
export function openItem(app: AppState, project: ProjectSession, id: ItemId): Promise<boolean> {
  app.goTo('label');
  return project.search.open(id);
}
