//! Which names an archive may use.

/// A name that leaves the root, or no file system would have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unsafe;

/// Longest path, in bytes: `PATH_MAX` of Linux.
const LONGEST: usize = 4096;

/// The path below the archive's own top folder, with `/` and valid UTF-8.
pub(super) fn below_root(raw: &[u8]) -> Result<String, Unsafe> {
    if raw.len() > LONGEST || raw.first() == Some(&b'/') || raw.contains(&0) {
        return Err(Unsafe);
    }
    let text = String::from_utf8_lossy(raw);
    let mut parts = text.split('/').filter(|part| !part.is_empty() && *part != ".");
    let top = parts.next().ok_or(Unsafe)?;
    let below: Vec<&str> = parts.collect();
    if top == ".." || below.is_empty() || below.contains(&"..") {
        return Err(Unsafe);
    }
    Ok(below.join("/"))
}

/// Whether a link at `path` to `target` stays below the root.
pub(super) fn stays_inside(path: &str, target: &[u8]) -> Result<(), Unsafe> {
    if target.is_empty() || target.len() > LONGEST || target.first() == Some(&b'/') || target.contains(&0) {
        return Err(Unsafe);
    }
    let target = String::from_utf8_lossy(target);
    let mut depth = path.matches('/').count();
    for part in target.split('/').filter(|part| !part.is_empty() && *part != ".") {
        depth = if part == ".." { depth.checked_sub(1).ok_or(Unsafe)? } else { depth + 1 };
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_stay_below_the_root() {
        assert_eq!(below_root(b"acme-api-1234567/src/./main.rs").unwrap(), "src/main.rs");
        assert_eq!(below_root(b"top/a\xff.txt").unwrap(), "a\u{fffd}.txt");
        for bad in
            [&b"/etc/passwd"[..], b"top/../../x", b"../x", b"top/a/..", b"top", b"top/", b"", b"top/a\0b"]
        {
            assert_eq!(below_root(bad), Err(Unsafe), "{}", String::from_utf8_lossy(bad));
        }
        assert_eq!(below_root(&[b'a'; 5000]), Err(Unsafe));
    }

    #[test]
    fn links_stay_below_the_root() {
        for good in ["b", "../README.md", "../a/b/../c", "./x"] {
            assert_eq!(stays_inside("docs/link", good.as_bytes()), Ok(()), "{good}");
        }
        for bad in ["/etc/passwd", "../../x", "../../docs/x", "", "a/../../../x"] {
            assert_eq!(stays_inside("docs/link", bad.as_bytes()), Err(Unsafe), "{bad}");
        }
    }
}
