/** What goes wrong with an answer. */
export interface HubFault {
  readonly status?: number;
  readonly code?: string;
  readonly bytesPerSecond?: number;
  readonly cutAfter?: number;
  readonly corrupt?: boolean;
  readonly ignoreRange?: boolean;
}

export interface HubRequest {
  readonly kind: "revision" | "paths-info" | "resolve" | "bytes";
  readonly repo?: string;
  readonly path?: string;
  readonly offset?: number;
  /** A request for one byte, by which the size is learnt. */
  readonly isProbe?: boolean;
  readonly count: number;
}

export interface TestHub {
  readonly endpoint: string;
  readonly seen: readonly { kind: string; repo?: string; path?: string; authorization?: string }[];
  readonly sent: { readonly bytes: number };
  commit(
    name: string,
    files: Readonly<Record<string, Uint8Array | string>>,
    options?: { readonly branch?: string; readonly licence?: string },
  ): Promise<string>;
  close(): Promise<void>;
}

export function startHub(options?: {
  readonly fault?: (request: HubRequest) => HubFault | undefined;
  readonly token?: string;
}): Promise<TestHub>;

export function folderFiles(folder: string, names: readonly string[]): Record<string, Uint8Array>;
