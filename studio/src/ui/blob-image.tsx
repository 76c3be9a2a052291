import { useEffect, useState } from "react";

/** How long an address outlives its picture, so that an image that is still loading from it does not fail. */
const REVOKED_AFTER_MS = 10_000;

/** Address of a picture's bytes while it is shown; the one before stays until the new one is there. */
export function useBlobAddress(blob: Blob | undefined): string | undefined {
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    if (blob === undefined) {
      setAddress(undefined);
      return;
    }
    const made = URL.createObjectURL(blob);
    setAddress(made);
    return () => {
      setTimeout(() => URL.revokeObjectURL(made), REVOKED_AFTER_MS);
    };
  }, [blob]);
  return address;
}

export function BlobImage({ blob, alt, className }: { blob: Blob; alt: string; className?: string }) {
  const address = useBlobAddress(blob);
  return <img src={address} alt={alt} className={className} draggable={false} decoding="sync" />;
}
