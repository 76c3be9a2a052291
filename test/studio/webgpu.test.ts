/** The static studio computing on WebGPU, through SwiftShader (a Vulkan driver on the CPU) in a real Chromium. */
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { planarToRgb, readSettings } from "../../src/image/index.ts";
import { loadRgb } from "../../src/image/node.ts";
import { FlexVAR } from "../../src/index.ts";
import { type GenerateOptions, requestFrom } from "../../src/pipelines/index.ts";
import { projectRoot } from "../support/imports.ts";
import { canvas, downloadPng, launch, missingChromium, paintAndExtend, watchScales } from "./checks.ts";
import { openStudio, type StudioSite } from "./site.ts";

/** SwiftShader compiles shaders and computes on the CPU: minutes where a graphics card takes seconds. */
const slow = process.env.FLEXVAR_SLOW_TESTS === "1";
const MINUTES = 60_000;
const SWIFTSHADER = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const model = join(projectRoot, "models", "emoji");

describe.skipIf(missingChromium || !slow)(
  "the static studio on WebGPU through SwiftShader (slow: FLEXVAR_SLOW_TESTS=1)",
  { timeout: 25 * MINUTES },
  () => {
    let site: StudioSite;
    let browser: Browser;
    let page: Page;
    const errors: string[] = [];

    beforeAll(async () => {
      site = await openStudio(model);
      browser = await launch(SWIFTSHADER);
      page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
      page.on("pageerror", (error) => errors.push(error.message));
      page.on("crash", () => errors.push("the page crashed"));
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await page.goto(site.address);
      await draw().waitFor({ timeout: MINUTES });
    }, 2 * MINUTES);

    afterAll(async () => {
      await browser?.close();
      await site?.close();
    });

    const draw = () => page.getByRole("button", { name: "Draw", exact: true });

    test("chosen in the model's dialog, it opens there and says so", async () => {
      await page.getByRole("button", { name: /^Model/ }).click();
      await page.getByText("WebGPU", { exact: true }).click();
      await page.getByRole("button", { name: /^Download/ }).click();
      await page
        .getByRole("definition")
        .filter({ hasText: /, webgpu$/ })
        .waitFor({ timeout: 5 * MINUTES });
      await page.keyboard.press("Escape");
    });

    test("every scale appears, and the picture is the processor's", async () => {
      await page.getByRole("searchbox", { name: "Search classes" }).fill("red heart");
      await page.keyboard.press("Enter");
      await page.getByRole("checkbox", { name: "A new seed" }).uncheck();
      await page.getByRole("spinbutton", { name: "Seed" }).fill("42");
      const seen = page.evaluate(watchScales);
      await draw().click();
      await page.getByText(/^Done in/).waitFor({ timeout: 10 * MINUTES });
      expect((await seen).at(-1)).toBe(10);
      const { bytes } = await downloadPng(page);
      const pipe = await FlexVAR.fromPretrained(model);
      try {
        const { options } = requestFrom(readSettings(bytes)) as { options: GenerateOptions };
        let expected: Uint8Array = new Uint8Array();
        for await (const step of pipe.generate(options))
          if (step.isLast) expected = planarToRgb(await step.image()).data;
        const { data } = await loadRgb(bytes);
        expect(data.length).toBe(64 * 64 * 3);
        expect(Math.max(...data.map((value, k) => Math.abs(value - expected[k]!)))).toBeLessThanOrEqual(1);
      } finally {
        await pipe.dispose();
      }
    });

    test("a painted and extended picture is repainted, exported and kept", async () => {
      await page.getByRole("group", { name: "With this picture" }).getByRole("button", { name: "Edit" }).click();
      await canvas(page).waitFor();
      await paintAndExtend(page);
      await page.getByRole("button", { name: "Repaint" }).click();
      await page.getByText(/^Drag across the picture/).waitFor({ timeout: 20 * MINUTES });
      const { bytes } = await downloadPng(page);
      expect(readSettings(bytes)).toMatchObject({ task: "inpaint", size: "80x64" });
      await page.getByRole("button", { name: "Go on with this" }).click();
      await canvas(page, "80 by 64 pixels").waitFor();
      await page.reload();
      await page.getByRole("link", { name: /Gallery/ }).click();
      await expect.poll(() => page.locator(".card").count()).toBe(2);
    });

    test("nothing went wrong on the page", () => expect(errors).toEqual([]));
  },
);
