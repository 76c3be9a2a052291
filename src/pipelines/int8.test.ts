/** Products in integers: a picture does not depend on what is drawn beside it. */
import { expect, test } from "vitest";
import { FlexVAR } from "../open.ts";

const PICTURES = 8;

test.each(["fashion", "emoji"])(
  "%s: a picture's bytes are the same alone and in batches of 2, 5 and 8",
  async (name) => {
    await using pipe = await FlexVAR.fromPretrained(`models/${name}`, { dtype: "int8", threads: 2 });
    const drawn = async (batchSize: number): Promise<Buffer[]> => {
      const pictures: Buffer[] = [];
      for await (const scale of pipe.generate({ classLabels: [3], count: PICTURES, seed: 11, batchSize }))
        if (scale.isLast)
          for (let row = 0; row < scale.pictures.length; row++)
            pictures.push(Buffer.from((await scale.picture(row)).data));
      return pictures;
    };
    const alone = await drawn(1);
    expect(new Set(alone.map((bytes) => bytes.toString("base64"))).size).toBe(PICTURES);
    for (const batch of [2, 5, 8]) expect(await drawn(batch), `batches of ${batch}`).toEqual(alone);
  },
);
