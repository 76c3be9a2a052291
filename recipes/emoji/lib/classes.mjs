// The classes: 20 to 60 groups of emoji that look alike, each of at least 20 base emoji.
//
// Unicode groups emoji by meaning; a small generator needs groups by look (layout, colours, outline), or it learns their
// average. So subgroups are the start, and emoji move where they look at home: the cats' yellow faces join the animal
// faces, the Christmas tree joins the plants, a knife joins the tools. What has no company of 20 is left out.
// An emoji named under `emoji` goes there whatever its subgroup; `subgroups` takes the rest of these subgroups.

import { analyse, codeOf } from "./emoji.mjs";

/** @typedef {{ name: string, look: string, subgroups?: string, emoji?: string }} ClassRow */

/** @type {readonly ClassRow[]} */
export const CLASSES = [
  // Faces: one disc that fills the picture.
  {
    name: "smiling-face",
    look: "yellow disc, happy eyes and mouth",
    subgroups: "face-smiling face-affection face-tongue",
    emoji: "🤠 🥳 😎 🤗 🤓 🤭",
  },
  {
    name: "neutral-face",
    look: "yellow disc, flat or doubtful mouth, closed or sideways eyes",
    subgroups: "face-hand face-neutral-skeptical face-sleepy face-glasses face-hat",
  },
  {
    name: "worried-face",
    look: "yellow disc, open or turned-down mouth, tears, sweat, plasters",
    subgroups: "face-concerned face-unwell",
    emoji: "😤 😠",
  },
  {
    name: "strange-face",
    look: "a face that is not yellow: masks, skulls, red and green faces, the moon's and the sun's",
    subgroups: "face-costume face-negative",
    emoji: "🥵 🥶 🤢 🤮 🎃 🌚 🌝 🌞 🌛 🌜 🗿 🎭",
  },
  {
    name: "animal-face",
    look: "an animal's head from the front",
    subgroups: "cat-face monkey-face",
    emoji: "🐵 🐶 🐺 🦊 🦝 🐱 🦁 🐯 🐴 🫎 🦄 🐮 🐷 🐗 🐭 🐹 🐰 🐻 🐻‍❄️ 🐨 🐼 🐸 🐲",
  },

  // People.
  { name: "open-hand", look: "flat or paired hands", subgroups: "hand-fingers-open hands hand-prop" },
  {
    name: "hand-sign",
    look: "a fist or a hand with some fingers out",
    subgroups: "hand-fingers-partial hand-single-finger hand-fingers-closed",
    emoji: "💪",
  },
  {
    name: "person",
    look: "head and shoulders in plain clothes",
    subgroups: "person person-gesture",
    emoji: "💆 💇 🧕 👳 👲 🤱 🧑‍🍼 🫄 🤰 🫃",
  },
  {
    name: "person-at-work",
    look: "head and shoulders in working clothes, often with a hat or a tool",
    subgroups: "person-role",
  },
  {
    name: "fantasy-person",
    look: "head and shoulders in a costume",
    subgroups: "person-fantasy",
    emoji: "🫅 🤴 👸 🥷 🤵 👰 👯",
  },
  {
    name: "person-in-action",
    look: "a small whole figure, moving",
    subgroups: "person-activity person-sport person-resting",
  },

  // Animals and plants.
  {
    name: "animal",
    look: "a four-legged animal from the side",
    subgroups: "animal-mammal",
    emoji: "🦕 🦖",
  },
  { name: "bird", look: "a bird from the side", subgroups: "animal-bird" },
  { name: "sea-animal", look: "swimming things, fins and shells", subgroups: "animal-marine", emoji: "🐊 🐢" },
  { name: "bug", look: "small bodies with many legs, wings or coils", subgroups: "animal-bug", emoji: "🐍 🦎 🐉" },
  { name: "plant", look: "stems, leaves and blossoms", subgroups: "plant-flower plant-other", emoji: "🎄 🎋 🎍" },

  // Food.
  { name: "fruit", look: "one or a few round fruits", subgroups: "food-fruit" },
  { name: "vegetable", look: "long or bulbous, green at one end", subgroups: "food-vegetable", emoji: "🍠" },
  {
    name: "bread-and-meat",
    look: "golden and brown food without a dish",
    emoji: "🍞 🥐 🥖 🫓 🥨 🥯 🧇 🧀 🍖 🍗 🥩 🥓 🍔 🍟 🍕 🌭 🥪 🌮 🌯 🫔 🥙 🧆 🧈 🥟 🍤",
  },
  {
    name: "dish",
    look: "food in a bowl, on a plate or in a box",
    emoji: "🍳 🥘 🍲 🫕 🥣 🥗 🍱 🍚 🍛 🍜 🍝 🍿 🥫 🥡 🍮 🍵 🥧 🍣 🍽️ 🥞",
  },
  {
    name: "sweet",
    look: "small sweets, cakes and rice cakes",
    subgroups: "food-sweet",
    emoji: "🍡 🥮 🍘 🍙 🍥 🍢 🥠 🥚",
  },
  { name: "drink", look: "a glass, cup or bottle", subgroups: "drink", emoji: "🫙 🏺 ⚱️ 🧴 🧪" },

  // Places and vehicles.
  { name: "building", look: "walls, windows, a roof", subgroups: "place-building place-religious", emoji: "🎪 ⛺" },
  {
    name: "landscape",
    look: "a whole scene, often filling the square",
    subgroups: "place-geographic",
    emoji: "🌁 🌃 🏙️ 🌄 🌅 🌆 🌇 🌉 🌌 🎆 🎇 🌠 🎑 🛣️ 🛤️ 🌊 🗾 🗺️",
  },
  {
    name: "train-and-bus",
    look: "long boxes with rows of windows",
    emoji: "🚂 🚃 🚄 🚅 🚆 🚇 🚈 🚉 🚊 🚝 🚞 🚋 🚟 🚠 🚡 🚌 🚍 🚎 🚐 🚑 🚒",
  },
  {
    name: "car-and-bike",
    look: "a body on wheels",
    emoji: "🚓 🚔 🚕 🚖 🚗 🚘 🚙 🛻 🚚 🚛 🚜 🏎️ 🛺 🏍️ 🛵 🚲 🛴 🛹 🦽 🦼 🛼",
  },
  {
    name: "boat-and-plane",
    look: "hulls and wings, mostly grey, white and blue",
    subgroups: "transport-water transport-air",
    emoji: "🪁 🎏",
  },
  {
    name: "moon-and-star",
    look: "round or pointed light in the sky",
    emoji: "🌑 🌒 🌓 🌔 🌕 🌖 🌗 🌘 🌙 ☀️ 🪐 ⭐ 🌟 🌍 🌎 🌏 🌐 💫 ✨ ☄️ 🌀",
  },
  {
    name: "weather",
    look: "clouds, drops, snow, umbrellas",
    subgroups: "sky-weather",
    emoji: "💦 💨",
  },
  { name: "clock", look: "a round face with hands", subgroups: "time", emoji: "🧭" },

  // Things.
  {
    name: "round-thing",
    look: "balls, discs and medals",
    emoji: "⚽ ⚾ 🥎 🏀 🏐 🏈 🏉 🎾 🎱 🥏 🔮 🪩 🪀 🧶 🧿 🎯 🛞 🎊 💿 📀 🪙 🏅 🥇 🥈 🥉 🏵️ 💮",
  },
  {
    name: "garment",
    look: "something worn on body, legs or hands",
    emoji: "🥼 🦺 👔 👕 👖 🧣 🧤 🧥 🧦 👗 👘 🥻 🩱 🩲 🩳 👙 👚 🥋 🎽 🥊",
  },
  {
    name: "shoe-hat-bag",
    look: "shoes, hats and bags",
    emoji: "🩴 👞 👟 🥾 🥿 👠 👡 🩰 👢 ⛸️ 🧢 👒 🎩 🪖 ⛑️ 🎓 👑 👛 👜 👝 🛍️ 🎒",
  },
  {
    name: "musical-instrument",
    look: "instruments, horns and bells",
    subgroups: "musical-instrument",
    emoji: "📯 🔔 🎐 🎤 🎙️ 📢 📣 🛎️",
  },
  {
    name: "device",
    look: "grey and black boxes with screens, lenses or keys",
    subgroups: "phone computer",
    emoji: "🎥 🎞️ 📽️ 🎬 📺 📷 📸 📹 📼 📻 🎮 🕹️ 🎰 🎛️",
  },
  {
    name: "document",
    look: "a pale sheet with lines or a picture",
    emoji: "📃 📜 📄 📰 🗞️ 📑 🧾 📝 📅 📆 🗒️ 🗓️ 📇 📈 📉 📊 📋 💹 🎼 🪪 ✉️ 📧 📨 📩 💌 🏷️ 🎫",
  },
  {
    name: "book-and-box",
    look: "a solid block: books, folders, cases, chests",
    emoji: "📔 📕 📖 📗 📘 📙 📚 📓 📒 📁 📂 🗂️ 🗃️ 🗄️ 📦 🗳️ 🧰 💼 🧳 🎁 🪎 📮 🧧",
  },
  {
    name: "tool",
    look: "a handle and a head, on the diagonal",
    emoji: "🔨 🪓 ⛏️ ⚒️ 🛠️ 🗡️ ⚔️ 🪃 🏹 🪚 🔧 🪛 🪏 🔪 🔑 🗝️ 🪒 🧹 🪠 🪥 🪝 ✂️ 🪄 🎣",
  },
  {
    name: "pen-and-bat",
    look: "a long thin thing, on the diagonal",
    subgroups: "writing",
    emoji: "📏 📐 💉 🥢 🥄 🍴 🏏 🏑 🏒 🥍 🏸 🏓 🎿 🦯 🩼 🔦 🌡️ 🕯️ 🚬 🦴 🪶",
  },
  { name: "household", look: "furniture and things of the bathroom", subgroups: "household", emoji: "💺 🪤" },

  // Signs: flat shapes of one or two colours.
  {
    name: "heart",
    look: "hearts",
    subgroups: "heart",
    emoji: "♥️",
  },
  {
    name: "bold-sign",
    look: "a bold glyph without a background",
    subgroups: "math punctuation gender other-symbol",
    emoji: "💲 💱 ♠️ ♣️ ♦️",
  },
  { name: "arrow-button", look: "a square button with an arrow", subgroups: "arrow av-symbol" },
  { name: "letter-button", look: "a coloured button with letters or digits", subgroups: "alphanum keycap" },
  {
    name: "zodiac-and-faith",
    look: "a purple square or coloured disc with a white sign",
    subgroups: "zodiac religion",
  },
  {
    name: "road-sign",
    look: "blue squares with figures and red rings with a bar",
    subgroups: "transport-sign warning",
    emoji: "🛑 🚏",
  },
  { name: "coloured-shape", look: "discs, squares, diamonds and triangles of one colour", subgroups: "geometric" },
];

/** In a subgroup named above, but unlike the rest of it. */
const LEFT_OUT = "🐾 🐽 🪽 🫧 🪹 🪺 🫟 🧮 🧊 🧱 🪨 🪵";

/**
 * The class of each base emoji.
 * @param {ReadonlyMap<string, { subgroup: string }>} unicode
 * @returns {Map<string, string>} base code → class name; bases without a class are absent
 */
export function assignClasses(unicode) {
  const assigned = new Map();
  const bySubgroup = new Map();
  for (const row of CLASSES) {
    for (const text of row.emoji?.split(" ") ?? []) {
      const { base } = analyse(codeOf(text));
      if (!unicode.has(base)) throw new Error(`classes: expected an emoji in ${row.name}, got ${text} (${base})`);
      const before = assigned.get(base);
      if (before && before !== row.name) throw new Error(`classes: ${text} is named in ${before} and in ${row.name}`);
      assigned.set(base, row.name);
    }
    for (const subgroup of row.subgroups?.split(" ") ?? []) bySubgroup.set(subgroup, row.name);
  }
  const subgroups = new Set([...unicode.values()].map((entry) => entry.subgroup));
  for (const name of bySubgroup.keys()) {
    if (!subgroups.has(name)) throw new Error(`classes: expected a Unicode subgroup, got ${name}`);
  }
  const leftOut = new Set(LEFT_OUT.split(" ").map((text) => analyse(codeOf(text)).base));
  for (const base of leftOut) {
    if (!bySubgroup.has(unicode.get(base)?.subgroup) || assigned.has(base)) {
      throw new Error(`classes: ${base} is left out, but no class would have it, or one names it`);
    }
  }
  for (const [base, { subgroup }] of unicode) {
    const name = bySubgroup.get(subgroup);
    if (name && !assigned.has(base) && !leftOut.has(base)) assigned.set(base, name);
  }
  return assigned;
}
