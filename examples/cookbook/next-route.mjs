/** A route handler of Next.js (app/picture/route.js), as of any server with fetch's Request and Response: GET /picture?class=heart&seed=3 */
import { ApiRequestError, createClient } from "flexvar/client";

/** FLEXVAR_URL: a running `flexvar serve`, here or on another machine. */
export async function GET(request) {
  const client = createClient({ baseUrl: process.env.FLEXVAR_URL, token: process.env.FLEXVAR_TOKEN });
  const { searchParams } = new URL(request.url);
  try {
    const fields = { class_labels: [searchParams.get("class") ?? "heart"], seed: Number(searchParams.get("seed") ?? 0) };
    const { data } = await client.generate(fields, request.signal);
    return new Response(Buffer.from(data[0].b64_json, "base64"), {
      headers: { "content-type": "image/png", "cache-control": "public, max-age=31536000, immutable" },
    });
  } catch (error) {
    if (!(error instanceof ApiRequestError)) throw error;
    const headers = error.retryAfter === undefined ? {} : { "retry-after": String(error.retryAfter) };
    return Response.json({ error: error.message }, { status: error.status, headers });
  }
}
