/** Members of a tar archive as WebDataset's samples: those that share a name up to the first dot of the file name. */
import { extname } from "node:path";
import { isLitter } from "../files/index.ts";
import type { LeftOutCount } from "./left-out.ts";
import type { TarMember } from "./tar-index.ts";
import { isPictureName } from "./tree.ts";

export interface Sample {
  readonly key: string;
  readonly picture: TarMember;
  readonly cls: TarMember | undefined;
  readonly json: TarMember | undefined;
  /** Extensions of its other members. */
  readonly others: readonly string[];
}

/** Of several pictures named plainly (`key.jpg`, `key.png`), the first of these. */
const PREFERRED = [".jpg", ".jpeg", ".png", ".webp"];
/** Words that name a sample's picture where none is named plainly: `key.image.png` beside `key.mask.png`. */
const PICTURE_WORDS = new Set(["image", "img", "picture", "photo", "rgb", "input"]);

/**
 * Groups members by key. Litter, samples without a picture, and samples with several of which none is named as the sample's
 * are left out and counted.
 * @param shard the archive's name, for the count
 */
export function samplesOf(members: readonly TarMember[], shard: string, leftOut: LeftOutCount): Sample[] {
  const groups = new Map<string, Map<string, TarMember>>();
  for (const member of members) {
    const place = `${shard}/${member.name}`;
    const slash = member.name.lastIndexOf("/") + 1;
    const dot = member.name.indexOf(".", slash);
    if (member.name.split("/").some((part) => part !== "." && part !== ".." && isLitter(part))) {
      leftOut.add("system litter", place);
      continue;
    }
    if (dot < 0) {
      leftOut.add("files without extension", place);
      continue;
    }
    const key = member.name.slice(0, dot);
    const extension = member.name.slice(dot + 1).toLowerCase();
    const group = groups.get(key) ?? new Map<string, TarMember>();
    if (group.has(extension)) leftOut.add("members that came again later", place);
    groups.set(key, group.set(extension, member));
  }
  return [...groups].flatMap(([key, group]) => {
    const picture = pictureOf(group);
    if (typeof picture !== "string") return [sampleOf(key, picture, group)];
    leftOut.add(picture, `${shard}/${key}`);
    return [];
  });
}

/** A sample's parts; a `.json` beside a `.cls` is not read. */
function sampleOf(key: string, picture: TarMember, group: ReadonlyMap<string, TarMember>): Sample {
  const cls = group.get("cls");
  const json = cls === undefined ? group.get("json") : undefined;
  const others = [...group].filter(([, member]) => ![picture, cls, json].includes(member));
  return { key, picture, cls, json, others: others.map(([extension]) => `.${extension}`) };
}

/**
 * The picture of a sample: the one named plainly, else the one whose name says so, else the only one.
 * @returns why there is none
 */
function pictureOf(group: ReadonlyMap<string, TarMember>): TarMember | string {
  const pictures = [...group].filter(([extension]) => isPictureName(`x.${extension}`));
  const plain = pictures.filter(([extension]) => !extension.includes("."));
  const rank = ([extension]: readonly [string, TarMember]): number => (PREFERRED.indexOf(`.${extension}`) + 99) % 99;
  const named = pictures.filter(([extension]) => PICTURE_WORDS.has(extension.slice(0, -extname(extension).length)));
  const [chosen] = [...plain].sort((a, b) => rank(a) - rank(b) || (a[0] < b[0] ? -1 : 1));
  if (chosen !== undefined) return chosen[1];
  if (named.length === 1) return named[0]![1];
  if (pictures.length === 1) return pictures[0]![1];
  return pictures.length === 0 ? "samples without a picture" : "samples with several pictures, none named as theirs";
}
