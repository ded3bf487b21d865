/** Hands something to the person as a file of this name. */
export function saveFile(name: string, content: BlobPart): void {
  const url = URL.createObjectURL(new Blob([content], { type: 'application/octet-stream' }));
  saveFrom(url, name);
  URL.revokeObjectURL(url);
}

/** The browser writes it as it comes: it may be of any size. */
export function saveFrom(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}
