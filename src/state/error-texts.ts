import { isAbort, WinnowError, type ErrorCode } from '../domain/errors.ts';

export interface ErrorText {
  /** What happened. */
  readonly what: string;
  /** What it means for the user's work. */
  readonly meaning: string;
  /** What to do now. */
  readonly action: string;
}

/** One sentence each; exhaustive by type: a new code does not compile until it has its words. */
export const ERROR_TEXTS = {
  'storage-unavailable': {
    what: 'This browser does not let Winnow store anything.',
    meaning: 'Nothing you do here could be kept.',
    action: 'Leave private browsing or allow site data for this address, then reload.',
  },
  'storage-full': {
    what: 'The storage of this browser is full.',
    meaning: 'What was saved before is still there; the last step was not stored.',
    action: 'Remove a project you no longer need or free disk space, then try again.',
  },
  'storage-blocked': {
    what: 'Another tab holds an older version of Winnow open.',
    meaning: 'Your data is safe; this tab has to wait.',
    action: 'Close the other Winnow tabs, then reload this one.',
  },
  'project-missing': {
    what: 'This project is not on this machine.',
    meaning: 'Other projects are untouched.',
    action: 'Choose a project from the list, or open its project file.',
  },
  'project-open-elsewhere': {
    what: 'This project is open in another tab.',
    meaning: 'You can look at it here, but not change it.',
    action: 'Go on in the other tab, or take the project over here.',
  },
  'bundle-corrupt': {
    what: 'This file is not a complete Winnow project.',
    meaning: 'Nothing was imported and nothing was changed.',
    action: 'Export the project again on the machine that has it, and copy the whole file.',
  },
  'bundle-newer': {
    what: 'This project file was written by a newer version of Winnow.',
    meaning: 'Nothing was imported and nothing was changed.',
    action: 'Update Winnow here, then open the file again.',
  },
  'folder-permission': {
    what: 'The browser has closed access to the folder.',
    meaning: 'Labels and thumbnails are here; full-size originals are not.',
    action: 'Choose "Allow reading the folder" on the Data stage.',
  },
  'original-missing': {
    what: 'A file is no longer where it was.',
    meaning: 'Its label is kept.',
    action: 'Put the file back in the folder, or choose the folder again on the Data stage.',
  },
  'table-unreadable': {
    what: 'This file could not be read as a table or a list of texts.',
    meaning: 'Nothing was imported from it.',
    action: 'Save it as CSV, TSV, JSON, JSONL or plain text in UTF-8, then choose it again.',
  },
  'too-large': {
    what: 'This file is larger than Winnow can read in one piece.',
    meaning: 'Nothing was imported from it.',
    action: 'Split it into smaller files, then choose them together.',
  },
  'nothing-usable': {
    what: 'There is nothing here that Winnow can use.',
    meaning: 'Nothing was imported.',
    action: 'Choose JPEG, PNG, WebP, GIF, AVIF or BMP images, or CSV, TSV, JSON, JSONL, TXT or MD texts.',
  },
  'encoder-missing': {
    what: 'The files of this encoder are not on this machine.',
    meaning: 'Nothing was embedded; your labels are untouched.',
    action: 'Download it on the Data stage, or choose another encoder there.',
  },
  'encoder-failed': {
    what: 'The encoder stopped with an error.',
    meaning: 'What was embedded before is kept.',
    action: 'Choose "Go on embedding" on the Data stage to go on from there, or choose another encoder.',
  },
  'hub-unreachable': {
    what: 'The connection to the hub failed.',
    meaning: 'What had arrived is kept; nothing else changed.',
    action: 'Check the network, then try again: a download goes on from what is here.',
  },
  'hub-unknown': {
    what: 'The hub has no model of this name that is open to everyone.',
    meaning: 'Nothing was downloaded.',
    action: 'Write it as owner/name, as in the address of its page on the hub.',
  },
  'model-file-missing': {
    what: 'A file that the encoder needs is not there.',
    meaning: 'The encoder was not added.',
    action: 'Choose a model in the layout of transformers.js: config.json, a tokenizer or preprocessor, and onnx/.',
  },
  'model-file-wrong': {
    what: 'A downloaded file is not the one that was expected.',
    meaning: 'It was thrown away and is not used.',
    action: 'Download again; if it happens twice, the file on the hub has changed.',
  },
  'model-unsuitable': {
    what: 'This model cannot be used as an encoder here.',
    meaning: 'Nothing was added or embedded.',
    action: 'Choose a model for feature extraction from texts or images in the layout of transformers.js.',
  },
  'model-no-room': {
    what: 'There is too little room in this browser for the encoder.',
    meaning: 'A download goes on later where it stopped; projects and labels are untouched.',
    action: 'Remove an encoder or a project that you no longer need, or free disk space, then try again.',
  },
  'learner-failed': {
    what: 'Training stopped with an error.',
    meaning: 'All labels are saved; the model was not updated.',
    action: 'Go on labelling; Winnow tries again after the next label.',
  },
  'gpu-lost': {
    what: 'The browser lost the graphics processor.',
    meaning: 'All labels are saved.',
    action:
      'Winnow tries again. Should it happen again, choose the processor under "Where the model runs" on the Data stage.',
  },
  'gpu-unusable': {
    what: 'The encoder could not be started on the graphics processor.',
    meaning: 'What was embedded before is kept.',
    action: 'Choose the processor under "Where the model runs" on the Data stage, then go on embedding.',
  },
  'worker-died': {
    what: 'A background task ended unexpectedly.',
    meaning: 'What was saved before is kept.',
    action: 'Try again; close other tabs if memory is short.',
  },
  'too-few-items': {
    what: 'There are too few items for this.',
    meaning: 'Nothing was changed.',
    action: 'Add more images or texts on the Data stage.',
  },
  'rule-too-slow': {
    what: 'A rule takes too long on your texts.',
    meaning: 'It is left out; the other rules work.',
    action: 'Make its pattern simpler on the Classes stage.',
  },
  'bad-input': {
    what: 'This cannot be used as it is.',
    meaning: 'Nothing was changed.',
    action: 'Correct it and try again.',
  },
  unexpected: {
    what: 'Something went wrong that Winnow did not expect.',
    meaning: 'What was saved before is kept.',
    action: 'Reload the page and go on.',
  },
} satisfies Record<ErrorCode, ErrorText>;

/** Words for any thrown value; null for a cancellation, which is silent. The detail comes after what happened. */
export function describeError(error: unknown): (ErrorText & { code: ErrorCode }) | null {
  if (isAbort(error)) return null;
  const code = errorCode(error);
  const text = ERROR_TEXTS[code];
  const detail = error instanceof WinnowError ? error.detail : error instanceof Error ? error.message : '';
  return { ...text, code, what: detail === '' ? text.what : `${text.what} ${sentence(detail)}` };
}

function errorCode(error: unknown): ErrorCode {
  if (error instanceof WinnowError) return error.code;
  if (error instanceof Error && error.name === 'QuotaExceededError') return 'storage-full';
  return 'unexpected';
}

function sentence(detail: string): string {
  return /[.!?]$/.test(detail) ? detail : `${detail}.`;
}
