// @ts-check
// A Python wheel made by hand: one module that is a plug-in of callvitals.

/** @param {string} name @param {string} source of its one module @returns {Buffer} */
export function wheel(name, source) {
  const info = `${name}-1.0.dist-info`;
  const files = {
    [`${name}/__init__.py`]: source,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: 1.0\n`,
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${info}/entry_points.txt`]: `[callvitals.plugins]\n${name} = ${name}\n`,
  };
  const record = Object.keys(files).map((path) => `${path},,\n`);
  return zip({ ...files, [`${info}/RECORD`]: `${record.join("")}${info}/RECORD,,\n` });
}

/** @param {Buffer} bytes */
function crc32(bytes) {
  let crc = ~0;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A stored zip. @param {Record<string, string>} files */
function zip(files) {
  /** @type {Buffer[]} */
  const parts = [];
  /** @type {Buffer[]} */
  const directory = [];
  let at = 0;
  for (const [path, text] of Object.entries(files)) {
    const name = Buffer.from(path);
    const body = Buffer.from(text);
    // From "version needed" to "extra length": the same in both headers.
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x21, 8); // 1 January 1980
    common.writeUInt32LE(crc32(body), 10);
    common.writeUInt32LE(body.length, 14);
    common.writeUInt32LE(body.length, 18);
    common.writeUInt16LE(name.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(at, 10);
    parts.push(Buffer.from("PK\x03\x04"), common, name, body);
    directory.push(Buffer.from("PK\x01\x02\x14\0"), common, tail, name);
    at += 30 + name.length + body.length;
  }
  const middle = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(Object.keys(files).length, 8);
  end.writeUInt16LE(Object.keys(files).length, 10);
  end.writeUInt32LE(middle.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, middle, end]);
}
