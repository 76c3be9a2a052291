import { useEffect, useState } from "react";

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
    return () => URL.revokeObjectURL(made);
  }, [blob]);
  return address;
}

export function BlobImage({ blob, alt, className }: { blob: Blob; alt: string; className?: string }) {
  const address = useBlobAddress(blob);
  return <img src={address} alt={alt} className={className} draggable={false} decoding="sync" />;
}
