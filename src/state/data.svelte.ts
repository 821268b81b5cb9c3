import { DEFAULT_SETTINGS, type EventDraft } from '../domain/events.ts';
import { isAbort, WinnowError } from '../domain/errors.ts';
import { classId, type ItemId } from '../domain/ids.ts';
import type { Item, Rejection } from '../domain/item.ts';
import { addClass } from '../domain/schema.ts';
import type { Source } from '../loop/app-ports.ts';
import { importItems, type ImportResult } from '../loop/import-items.ts';
import { choiceOf, unfinishedImport, type ImportChoice } from '../loop/unfinished-import.ts';
import { inspectSource, type SourceOffer } from '../loop/inspect-source.ts';
import { importedLabel } from '../loop/label-draft.ts';
import { namesOfHint } from '../formats/class-list.ts';
import type { ImportJournal } from '../loop/storage-ports.ts';
import { plural } from './counting.ts';
import { Folders, type FolderAccess } from './folders.svelte.ts';
import type { ProjectSession } from './project.svelte.ts';

/** What came in, what was refused, and the folder behind it. */
export class DataState {
  readonly #session: ProjectSession;
  #rejections = $state.raw<readonly Rejection[]>([]);
  #journals = $state.raw<readonly ImportJournal[]>([]);
  #offer = $state.raw<SourceOffer | null>(null);
  #source: Source | null = null;
  #isImporting = $state(false);
  /** The import under way and those that wait for it: two at once would give the same row twice. */
  #tail: Promise<void> = Promise.resolve();
  readonly #ended = new AbortController();
  readonly #folders: Folders;

  constructor(session: ProjectSession) {
    this.#session = session;
    this.#folders = new Folders(session);
  }

  readonly unfinished = $derived.by(() => {
    if (this.#isImporting || this.#session.isReadOnly) return null;
    const last = unfinishedImport(this.#journals);
    return last && { sourceName: last.sourceName, done: last.done, total: last.total, choice: choiceOf(last) };
  });
  /** What was chosen for the offered source when reading it was cut off, to go on with; null for any other. */
  readonly earlierChoice = $derived.by(() =>
    this.unfinished?.sourceName === this.#offer?.sourceName ? (this.unfinished?.choice ?? null) : null,
  );
  get rejections(): readonly Rejection[] {
    return this.#rejections;
  }
  get isImporting(): boolean {
    return this.#isImporting;
  }
  get offer(): SourceOffer | null {
    return this.#offer;
  }
  get folderAccess(): FolderAccess {
    return this.#folders.access;
  }
  get canPickFolder(): boolean {
    return this.#session.services.picker.canPickFolder;
  }

  async refresh(): Promise<void> {
    const { storage, id } = this.#session;
    const [rejections, journals] = await Promise.all([
      storage.items.rejections(id),
      storage.items.journals(id),
      this.#folders.refresh(),
    ]);
    // A file that was refused and has been put right since is an item now.
    const used = new Set(this.#session.items.flatMap((item) => item.paths));
    this.#rejections = rejections.filter((r) => !used.has(r.path));
    this.#journals = journals;
  }

  pickFolder(): Promise<void> {
    return this.#take(() => this.#session.services.picker.pickFolder());
  }
  offerFiles(files: ArrayLike<File>): Promise<void> {
    return this.#take(() => this.#session.services.picker.fromFiles(files));
  }
  offerDrop(transfer: DataTransfer): Promise<void> {
    return this.#take(() => this.#session.services.picker.fromDrop(transfer));
  }
  /** Asks for the kept folder again (needs a click) and goes on with an unfinished import. */
  async restoreFolder(): Promise<void> {
    const { latest } = this.#folders;
    if (latest === null) return;
    try {
      await this.#folders.restore();
      this.#session.media.refresh();
      this.#session.labelling.prepare();
      if (this.unfinished) await this.#take(() => this.#session.services.picker.fromHandle(latest));
      else await this.#session.encoding.runAgain();
    } catch (error) {
      this.#session.fail(error);
    }
  }
  dropOffer(): void {
    this.#offer = null;
    this.#source = null;
  }

  /** Imports what was offered, then embeds it. */
  async acceptOffer(choice: ImportChoice): Promise<void> {
    const source = this.#source;
    if (!source || this.#session.isReadOnly) return;
    this.dropOffer();
    await this.importSource(source, choice);
  }

  /** Imports a source as a visible job, one after another. What was imported before an error or a cancel stays. */
  importSource(source: Source, choice: ImportChoice): Promise<void> {
    this.#tail = this.#tail.then(() => this.#import(source, choice));
    return this.#tail;
  }

  /** Ends an import that is under way; it can be resumed. Resolves when nothing is written any more. */
  close(): Promise<void> {
    this.#ended.abort(new DOMException('The project was closed.', 'AbortError'));
    return this.#tail;
  }

  async #import(source: Source, choice: ImportChoice): Promise<void> {
    const s = this.#session;
    if (this.#ended.signal.aborted || s.isReadOnly) return;
    let result: ImportResult | null = null;
    let failure: unknown = null;
    // Names that only choose what comes first never become labels, whatever is imported after them.
    const isGuess = s.state.settings.hintUse === 'start';
    const guesses = new Set(isGuess ? s.items.filter((i) => i.hint !== null).map((i) => i.id) : []);
    this.#isImporting = true;
    try {
      result = await this.#read(source, choice);
    } catch (error) {
      failure = error;
      s.fail(error);
    } finally {
      s.services.media.stop();
    }
    try {
      await s.reloadItems();
      await this.refresh();
      this.#isImporting = false;
      if (this.#ended.signal.aborted) return;
      if (result) this.#sumUp(source, result);
      if (choice.hints === 'start' || choice.hints === 'reference') await this.#useHints(choice.hints);
      if (choice.hints === 'labels' && (result || isAbort(failure))) await this.#importLabels(guesses);
      if (result) await s.encoding.run();
    } catch (error) {
      s.fail(error);
    } finally {
      this.#isImporting = false;
    }
  }

  async #read(source: Source, choice: ImportChoice): Promise<ImportResult> {
    const s = this.#session;
    if (source.handle) await this.#folders.keep(source.handle);
    return s.jobs.run(`Reading ${source.name}`, (job) =>
      importItems({
        storage: s.storage,
        media: s.services.media,
        clock: s.services.clock,
        ids: s.services.ids,
        project: s.id,
        modality: s.modality,
        source,
        choice,
        keepOriginals: !source.handle,
        signal: AbortSignal.any([job.signal, this.#ended.signal]),
        onProgress: (p) => job.update({ ...p, detail: p.rejected > 0 ? `${p.rejected} could not be used` : '' }),
      }),
    );
  }

  /** Says so when an import brought nothing. */
  #sumUp(source: Source, { added, copies, rejected, skipped }: ImportResult): void {
    if (added > 0) return;
    if (rejected > 0 && copies + skipped === 0) {
      const list = `the list below gives ${plural(rejected, 'reason')}`;
      const isText = this.#session.modality === 'text';
      this.#session.notices.show('error', {
        what: `Nothing in ${source.name} could be used; ${list}.`,
        meaning: 'Nothing was imported.',
        action: isText
          ? 'This project labels texts: choose CSV, TSV, JSON, JSONL, TXT or MD files, or create a project for images.'
          : 'This project labels images: choose JPEG, PNG, WebP, GIF, AVIF or BMP files, or create a project for texts.',
      });
    } else if (rejected === 0) {
      this.#session.notices.show('info', {
        what: `${source.name} holds nothing new.`,
        meaning: 'Everything in it was read before or is a copy of what is here.',
        action: '',
      });
    }
  }

  /** Bytes of an image: through a kept folder, else the stored copy; null when neither can be read now. */
  async original(item: Item): Promise<Blob | null> {
    return (
      (await this.#folders.original(item)) ?? (await this.#session.storage.items.original(this.#session.id, item.id))
    );
  }

  /** Names are either hidden answers or guesses for the start, in the whole project. */
  async #useHints(use: 'reference' | 'start'): Promise<void> {
    const { hintUse = 'reference', coldStart } = this.#session.state.settings;
    if (use === hintUse) return;
    const back = coldStart === 'hint-start' ? { coldStart: DEFAULT_SETTINGS.coldStart } : {};
    const start = use === 'start' ? { coldStart: 'hint-start' } : back;
    await this.#session.append([{ kind: 'settings-changed', settings: { ...start, hintUse: use } }]);
  }

  /** Turns hints into labels by the annotator `import`, with classes of their names. */
  async #importLabels(except: ReadonlySet<ItemId>): Promise<void> {
    const s = this.#session;
    let schema = s.state.schema;
    const byName = new Map(schema.classes.map((c) => [c.name.toLowerCase(), c.id]));
    const drafts: EventDraft[] = [];
    for (const item of s.items) {
      const names = namesOfHint(item.hint, s.state.task);
      if (names.length === 0 || s.state.labels.has(item.id) || except.has(item.id)) continue;
      const ids = names.map((name) => {
        const id = byName.get(name.toLowerCase()) ?? classId(s.services.ids.next());
        if (!byName.has(name.toLowerCase())) schema = addClass(schema, id, name);
        byName.set(name.toLowerCase(), id);
        return id;
      });
      drafts.push(...importedLabel(item.id, schema, ids, s.state.task));
    }
    if (schema !== s.state.schema) drafts.unshift({ kind: 'schema-changed', schema });
    if (drafts.length > 0) await s.append(drafts);
  }

  async #take(get: () => Promise<Source>): Promise<void> {
    try {
      if (this.#session.isReadOnly) throw new WinnowError('project-open-elsewhere');
      const source = await get();
      this.#offer = await inspectSource(source, this.#session.modality, this.#session.services.media);
      this.#source = source;
    } catch (error) {
      this.#session.fail(error);
    }
  }
}
