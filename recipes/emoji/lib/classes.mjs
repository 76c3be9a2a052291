// The classes: 20 to 60 groups of emoji that look alike, each of at least 20 base emoji.
//
// Unicode groups emoji by meaning; a small generator needs groups by look (layout, colours, outline), or it learns their
// average. So subgroups are the start, and emoji move where they look at home: the cats' yellow faces join the animal
// faces, the Christmas tree joins the plants, a knife joins the tools. What has no company of 20 is left out.
// An emoji that is named goes there whatever its subgroup; a subgroup's class takes the rest of it.

import { analyse, codeOf } from "./emoji.mjs";

/**
 * What each class has, with its look above it: Unicode subgroups, and emoji that go there whatever their subgroup.
 * @type {Readonly<Record<string, string>>}
 */
export const CLASSES = {
  // Faces: one disc that fills the picture.

  // yellow disc, happy eyes and mouth
  "smiling-face": "face-smiling face-affection face-tongue 🤠 🥳 😎 🤗 🤓 🤭",
  // yellow disc, flat or doubtful mouth, closed or sideways eyes
  "neutral-face": "face-hand face-neutral-skeptical face-sleepy face-glasses face-hat",
  // yellow disc, open or turned-down mouth, tears, sweat, plasters
  "worried-face": "face-concerned face-unwell 😤 😠",
  // a face that is not yellow: masks, skulls, red and green faces, the moon's and the sun's
  "strange-face": "face-costume face-negative 🥵 🥶 🤢 🤮 🎃 🌚 🌝 🌞 🌛 🌜 🗿 🎭",
  // an animal's head from the front
  "animal-face": "cat-face monkey-face 🐵 🐶 🐺 🦊 🦝 🐱 🦁 🐯 🐴 🫎 🦄 🐮 🐷 🐗 🐭 🐹 🐰 🐻 🐻‍❄️ 🐨 🐼 🐸 🐲",

  // People.

  // flat or paired hands
  "open-hand": "hand-fingers-open hands hand-prop",
  // a fist or a hand with some fingers out
  "hand-sign": "hand-fingers-partial hand-single-finger hand-fingers-closed 💪",
  // head and shoulders in plain clothes
  person: "person person-gesture 💆 💇 🧕 👳 👲 🤱 🧑‍🍼 🫄 🤰 🫃",
  // head and shoulders in working clothes, often with a hat or a tool
  "person-at-work": "person-role",
  // head and shoulders in a costume
  "fantasy-person": "person-fantasy 🫅 🤴 👸 🥷 🤵 👰 👯",
  // a small whole figure, moving
  "person-in-action": "person-activity person-sport person-resting",

  // Animals and plants.

  // a four-legged animal from the side
  animal: "animal-mammal 🦕 🦖",
  // a bird from the side
  bird: "animal-bird",
  // swimming things, fins and shells
  "sea-animal": "animal-marine 🐊 🐢",
  // small bodies with many legs, wings or coils
  bug: "animal-bug 🐍 🦎 🐉",
  // stems, leaves and blossoms
  plant: "plant-flower plant-other 🎄 🎋 🎍",

  // Food.

  // one or a few round fruits
  fruit: "food-fruit",
  // long or bulbous, green at one end
  vegetable: "food-vegetable 🍠",
  // golden and brown food without a dish
  "bread-and-meat": "🍞 🥐 🥖 🫓 🥨 🥯 🧇 🧀 🍖 🍗 🥩 🥓 🍔 🍟 🍕 🌭 🥪 🌮 🌯 🫔 🥙 🧆 🧈 🥟 🍤",
  // food in a bowl, on a plate or in a box
  dish: "🍳 🥘 🍲 🫕 🥣 🥗 🍱 🍚 🍛 🍜 🍝 🍿 🥫 🥡 🍮 🍵 🥧 🍣 🍽️ 🥞",
  // small sweets, cakes and rice cakes
  sweet: "food-sweet 🍡 🥮 🍘 🍙 🍥 🍢 🥠 🥚",
  // a glass, cup or bottle
  drink: "drink 🫙 🏺 ⚱️ 🧴 🧪",

  // Places and vehicles.

  // walls, windows, a roof
  building: "place-building place-religious 🎪 ⛺",
  // a whole scene, often filling the square
  landscape: "place-geographic 🌁 🌃 🏙️ 🌄 🌅 🌆 🌇 🌉 🌌 🎆 🎇 🌠 🎑 🛣️ 🛤️ 🌊 🗾 🗺️",
  // long boxes with rows of windows
  "train-and-bus": "🚂 🚃 🚄 🚅 🚆 🚇 🚈 🚉 🚊 🚝 🚞 🚋 🚟 🚠 🚡 🚌 🚍 🚎 🚐 🚑 🚒",
  // a body on wheels
  "car-and-bike": "🚓 🚔 🚕 🚖 🚗 🚘 🚙 🛻 🚚 🚛 🚜 🏎️ 🛺 🏍️ 🛵 🚲 🛴 🛹 🦽 🦼 🛼",
  // hulls and wings, mostly grey, white and blue
  "boat-and-plane": "transport-water transport-air 🪁 🎏",
  // round or pointed light in the sky
  "moon-and-star": "🌑 🌒 🌓 🌔 🌕 🌖 🌗 🌘 🌙 ☀️ 🪐 ⭐ 🌟 🌍 🌎 🌏 🌐 💫 ✨ ☄️ 🌀",
  // clouds, drops, snow, umbrellas
  weather: "sky-weather 💦 💨",
  // a round face with hands
  clock: "time 🧭",

  // Things.

  // balls, discs and medals
  "round-thing": "⚽ ⚾ 🥎 🏀 🏐 🏈 🏉 🎾 🎱 🥏 🔮 🪩 🪀 🧶 🧿 🎯 🛞 🎊 💿 📀 🪙 🏅 🥇 🥈 🥉 🏵️ 💮",
  // something worn on body, legs or hands
  garment: "🥼 🦺 👔 👕 👖 🧣 🧤 🧥 🧦 👗 👘 🥻 🩱 🩲 🩳 👙 👚 🥋 🎽 🥊",
  // shoes, hats and bags
  "shoe-hat-bag": "🩴 👞 👟 🥾 🥿 👠 👡 🩰 👢 ⛸️ 🧢 👒 🎩 🪖 ⛑️ 🎓 👑 👛 👜 👝 🛍️ 🎒",
  // instruments, horns and bells
  "musical-instrument": "musical-instrument 📯 🔔 🎐 🎤 🎙️ 📢 📣 🛎️",
  // grey and black boxes with screens, lenses or keys
  device: "phone computer 🎥 🎞️ 📽️ 🎬 📺 📷 📸 📹 📼 📻 🎮 🕹️ 🎰 🎛️",
  // a pale sheet with lines or a picture
  document: "📃 📜 📄 📰 🗞️ 📑 🧾 📝 📅 📆 🗒️ 🗓️ 📇 📈 📉 📊 📋 💹 🎼 🪪 ✉️ 📧 📨 📩 💌 🏷️ 🎫",
  // a solid block: books, folders, cases, chests
  "book-and-box": "📔 📕 📖 📗 📘 📙 📚 📓 📒 📁 📂 🗂️ 🗃️ 🗄️ 📦 🗳️ 🧰 💼 🧳 🎁 🪎 📮 🧧",
  // a handle and a head, on the diagonal
  tool: "🔨 🪓 ⛏️ ⚒️ 🛠️ 🗡️ ⚔️ 🪃 🏹 🪚 🔧 🪛 🪏 🔪 🔑 🗝️ 🪒 🧹 🪠 🪥 🪝 ✂️ 🪄 🎣",
  // a long thin thing, on the diagonal
  "pen-and-bat": "writing 📏 📐 💉 🥢 🥄 🍴 🏏 🏑 🏒 🥍 🏸 🏓 🎿 🦯 🩼 🔦 🌡️ 🕯️ 🚬 🦴 🪶",
  // furniture and things of the bathroom
  household: "household 💺 🪤",

  // Signs: flat shapes of one or two colours.

  // hearts
  heart: "heart ♥️",
  // a bold glyph without a background
  "bold-sign": "math punctuation gender other-symbol 💲 💱 ♠️ ♣️ ♦️",
  // a square button with an arrow
  "arrow-button": "arrow av-symbol",
  // a coloured button with letters or digits
  "letter-button": "alphanum keycap",
  // a purple square or coloured disc with a white sign
  "zodiac-and-faith": "zodiac religion",
  // blue squares with figures and red rings with a bar
  "road-sign": "transport-sign warning 🛑 🚏",
  // discs, squares, diamonds and triangles of one colour
  "coloured-shape": "geometric",
};

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
  for (const [name, words] of Object.entries(CLASSES))
    for (const word of words.split(" ")) {
      if (/^[a-z]/.test(word)) {
        bySubgroup.set(word, name);
        continue;
      }
      const { base } = analyse(codeOf(word));
      if (!unicode.has(base)) throw new Error(`classes: expected an emoji in ${name}, got ${word} (${base})`);
      const before = assigned.get(base);
      if (before && before !== name) throw new Error(`classes: ${word} is named in ${before} and in ${name}`);
      assigned.set(base, name);
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
