//! Byte offsets to lines and columns.

/// Where lines begin.
pub(crate) struct Lines<'s> {
    src: &'s str,
    starts: Vec<u32>,
}

impl<'s> Lines<'s> {
    pub(crate) fn new(src: &'s str) -> Self {
        let mut starts = vec![0];
        for (at, byte) in src.bytes().enumerate() {
            if byte == b'\n' {
                starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
            }
        }
        Lines { src, starts }
    }

    /// 1-based line of an offset.
    pub(crate) fn line(&self, offset: u32) -> u32 {
        u32::try_from(self.starts.partition_point(|start| *start <= offset)).unwrap_or(u32::MAX)
    }

    /// 1-based line, and 1-based column in characters.
    pub(crate) fn position(&self, offset: u32) -> (u32, u32) {
        let line = self.line(offset);
        let start = self.starts[line as usize - 1] as usize;
        let before = self.src.get(start..offset as usize).unwrap_or("");
        // A column beyond the first 64 KiB of a line tells nobody anything; counting it would be quadratic.
        let column = if before.len() > 65_536 { before.len() } else { before.chars().count() };
        (line, u32::try_from(column + 1).unwrap_or(u32::MAX))
    }
}
