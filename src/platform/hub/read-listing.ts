import * as v from 'valibot';
import { WinnowError } from '../../domain/errors.ts';
import type { HubListing } from '../../loop/model-ports.ts';

const hex = (digits: number) => v.pipe(v.string(), v.regex(new RegExp(`^[0-9a-f]{${digits}}$`)));

/** The hub's answer to `/api/models/<repository>/revision/<revision>?blobs=true`, as far as it is used. */
const listing = v.object({
  sha: hex(40),
  cardData: v.nullish(v.looseObject({ license: v.optional(v.unknown()) })),
  siblings: v.array(
    v.object({
      rfilename: v.string(),
      size: v.optional(v.number()),
      blobId: v.optional(v.string()),
      lfs: v.nullish(v.object({ sha256: hex(64), size: v.number() })),
    }),
  ),
});

/** Throws `hub-unreachable` when what answers is not a hub, such as the page of a hotel's network. */
export function readListing(answer: unknown): HubListing {
  const result = v.safeParse(listing, answer);
  if (!result.success) throw new WinnowError('hub-unreachable', 'The answer is not that of a hub');
  const { sha, siblings, cardData } = result.output;
  return {
    commit: sha,
    licence: typeof cardData?.license === 'string' ? cardData.license : '',
    files: siblings.flatMap(({ rfilename, size, blobId, lfs }) => {
      const sizeBytes = lfs?.size ?? size;
      if (sizeBytes === undefined) return [];
      const gitId = lfs ? null : (/^[0-9a-f]{40}$/.exec(blobId ?? '')?.[0] ?? null);
      return [{ path: rfilename, sizeBytes, sha256: lfs?.sha256 ?? null, gitId }];
    }),
  };
}
