use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use tar::{Builder, Header};

use super::*;

#[derive(Default)]
struct Seen(Vec<(String, EntryKind, u64, Option<Vec<u8>>)>);

impl SnapshotSink for Seen {
    fn entry(&mut self, entry: Entry<'_>) {
        self.0.push((entry.path.to_owned(), entry.kind, entry.size, entry.content.map(<[u8]>::to_vec)));
    }
}

/// A header whose name is written as it is: the crate refuses to make hostile ones.
fn header(name: &str, kind: EntryType, size: u64) -> Header {
    let mut header = Header::new_ustar();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(0o644);
    header.set_cksum();
    header
}

fn link(name: &str, kind: EntryType, target: &str) -> Header {
    let mut header = header(name, kind, 0);
    header.as_old_mut().linkname[..target.len()].copy_from_slice(target.as_bytes());
    header.set_cksum();
    header
}

fn archive(fill: impl FnOnce(&mut Builder<GzEncoder<Vec<u8>>>)) -> Vec<u8> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    fill(&mut builder);
    builder.into_inner().unwrap().finish().unwrap()
}

fn file(builder: &mut Builder<GzEncoder<Vec<u8>>>, name: &str, content: &[u8]) {
    builder.append(&header(name, EntryType::Regular, content.len() as u64), content).unwrap();
}

fn walk(bytes: &[u8], limits: Limits) -> (Seen, io::Result<SnapshotSummary>) {
    let mut walk = Walk { limits, ..Walk::new(Seen::default()) };
    let outcome = walk.run(bytes);
    (walk.into_sink(), outcome)
}

fn paths(seen: &Seen) -> Vec<&str> {
    seen.0.iter().map(|(path, ..)| path.as_str()).collect()
}

#[test]
fn files_arrive_with_their_kind_and_content() {
    let bytes = archive(|builder| {
        builder.append(&header("top/", EntryType::Directory, 0), io::empty()).unwrap();
        file(builder, "top/a.txt", b"alpha");
        let mut script = header("top/run.sh", EntryType::Regular, 2);
        script.set_mode(0o755);
        script.set_cksum();
        builder.append(&script, &b"#!"[..]).unwrap();
        builder.append(&link("top/docs/link", EntryType::Symlink, "../a.txt"), io::empty()).unwrap();
        file(builder, "top/big", &vec![b'x'; 1024 * 1024 + 1]);
    });
    let (seen, summary) = walk(&bytes, Limits::STANDARD);
    let summary = summary.unwrap();
    assert_eq!((summary.entries, summary.refused, summary.truncated), (4, 0, None));
    assert_eq!(seen.0[0], ("a.txt".to_owned(), EntryKind::File, 5, Some(b"alpha".to_vec())));
    assert_eq!(seen.0[1].1, EntryKind::Executable);
    assert_eq!(seen.0[2], ("docs/link".to_owned(), EntryKind::Symlink, 0, None));
    assert_eq!(seen.0[3], ("big".to_owned(), EntryKind::File, 1024 * 1024 + 1, None), "listed, not read");
}

#[test]
fn what_leaves_the_root_is_refused_and_the_rest_is_read() {
    let bytes = archive(|builder| {
        for name in ["/etc/passwd", "top/../../evil", "../evil"] {
            file(builder, name, b"x");
        }
        builder.append(&link("top/out", EntryType::Symlink, "../../etc/passwd"), io::empty()).unwrap();
        builder.append(&link("top/abs", EntryType::Symlink, "/etc/passwd"), io::empty()).unwrap();
        builder.append(&link("top/hard", EntryType::Link, "top/good"), io::empty()).unwrap();
        for kind in [EntryType::Char, EntryType::Block, EntryType::Fifo] {
            builder.append(&header("top/dev", kind, 0), io::empty()).unwrap();
        }
        file(builder, "top/good", b"y");
    });
    let (seen, summary) = walk(&bytes, Limits::STANDARD);
    assert_eq!(paths(&seen), ["good"]);
    assert_eq!(summary.unwrap().refused, 9);
}

#[test]
fn long_names_are_read_and_endless_ones_refused() {
    let long = format!("top/{}/f", "d".repeat(200));
    let pax = format!("{} path={long}\n", long.len() + " path=\n".len() + 3);
    let endless = vec![b'n'; 5 * 1024 * 1024];
    let bytes = archive(|builder| {
        builder.append(&header("x", EntryType::XHeader, pax.len() as u64), pax.as_bytes()).unwrap();
        file(builder, "top/short", b"pax");
        builder.append(&header("l", EntryType::GNULongName, long.len() as u64), long.as_bytes()).unwrap();
        file(builder, "top/short", b"gnu");
        for kind in [EntryType::GNULongName, EntryType::XHeader] {
            builder.append(&header("e", kind, endless.len() as u64), endless.as_slice()).unwrap();
            file(builder, "top/named-by-it", b"");
        }
        file(builder, "top/last", b"");
    });
    let (seen, summary) = walk(&bytes, Limits::STANDARD);
    assert_eq!(paths(&seen), [&long[4..], &long[4..], "last"]);
    assert_eq!(summary.unwrap().refused, 2);
}

#[test]
fn a_bomb_ends_at_the_limit() {
    let bytes = archive(|builder| {
        file(builder, "top/first", b"1");
        file(builder, "top/zeros", &vec![0; 20 * 1024 * 1024]);
    });
    let limits = Limits { inflated: 1024 * 1024, ..Limits::STANDARD };
    let (seen, summary) = walk(&bytes, limits);
    let summary = summary.unwrap();
    assert_eq!(summary.truncated.as_deref(), Some("more than 2 GiB inflated"));
    assert!(summary.bytes < 2 * 1024 * 1024 && paths(&seen)[0] == "first");
    let limits = Limits { compressed: 1024, ..Limits::STANDARD };
    assert_eq!(walk(&bytes, limits).1.unwrap().truncated.as_deref(), Some("more than 512 MiB compressed"));
}

#[test]
fn too_many_entries_end_the_pass() {
    let bytes = archive(|builder| (0..50).for_each(|n| file(builder, &format!("top/{n}"), b"")));
    let limits = Limits { entries: 10, ..Limits::STANDARD };
    let (seen, summary) = walk(&bytes, limits);
    assert_eq!((seen.0.len(), summary.unwrap().truncated.as_deref()), (10, Some("more than 10 entries")));
}

#[test]
fn a_damaged_archive_is_damage_and_a_second_one_goes_on_behind_it() {
    // Incompressible, so that half the bytes hold half the files.
    let mut state = 1_u32;
    let mut noise = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let whole = archive(|builder| {
        for n in 0..20 {
            let content: Vec<u8> = (0..4096).map(|_| noise()).collect();
            file(builder, &format!("top/{n}"), &content);
        }
    });
    let mut walk = Walk::new(Seen::default());
    walk.run(&whole[..whole.len() / 2]).unwrap_err();
    let seen = walk.sink.0.len();
    assert!((5..15).contains(&seen), "{seen}");
    let summary = walk.run(whole.as_slice()).unwrap();
    assert_eq!(summary.entries, 20);
    let expected: Vec<String> = (0..20).map(|n| n.to_string()).collect();
    assert_eq!(paths(&walk.sink), expected, "each entry exactly once, in order");
}

#[test]
fn rubbish_is_damage() {
    for bytes in [&b""[..], b"not gzip at all", &archive(|_| {})[..10]] {
        assert!(walk(bytes, Limits::STANDARD).1.is_err());
    }
    let mut broken = archive(|builder| file(builder, "top/a", b"hello"));
    let checksum = broken.len() - 6;
    broken[checksum] ^= 1;
    assert!(walk(&broken, Limits::STANDARD).1.is_err(), "the checksum at the end counts");
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(&[b'x'; 2048]).unwrap();
    assert!(walk(&gz.finish().unwrap(), Limits::STANDARD).1.is_err(), "gzip, but not tar");
}

/// One member of a gzip file; members behind each other are one stream.
fn member(bytes: &[u8]) -> Vec<u8> {
    let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
    gz.write_all(bytes).unwrap();
    gz.finish().unwrap()
}

/// A file as it stands in a tar, padded.
fn entry(name: &str, content: &[u8]) -> Vec<u8> {
    let mut bytes = header(name, EntryType::Regular, content.len() as u64).as_bytes().to_vec();
    bytes.extend(content);
    bytes.resize(bytes.len().next_multiple_of(512), 0);
    bytes
}

#[test]
fn a_line_of_a_gigabyte_is_listed_not_read() {
    const GIB: u64 = 1024 * 1024 * 1024;
    let mut bytes = member(header("top/line", EntryType::Regular, GIB).as_bytes());
    let piece = member(&vec![b'a'; 16 * 1024 * 1024]);
    (0..64).for_each(|_| bytes.extend(&piece));
    bytes.extend(member(&entry("top/last", b"x")));
    bytes.extend(member(&[0; 1024]));
    let mut walk = Walk::new(Seen::default());
    let summary = walk.run(bytes.as_slice()).unwrap();
    assert_eq!((summary.entries, summary.truncated), (2, None));
    assert!(walk.buffer.capacity() <= 2 * 1024 * 1024, "{}", walk.buffer.capacity());
    let seen = walk.into_sink();
    assert_eq!(seen.0[0], ("line".to_owned(), EntryKind::File, GIB, None));
    assert_eq!(seen.0[1].3.as_deref(), Some(&b"x"[..]));
}

#[test]
fn two_hundred_thousand_tiny_files_are_read_and_one_more_is_a_limit() {
    let thousand: Vec<u8> = (0..1_000).flat_map(|n| entry(&format!("top/{n}"), b"x")).collect();
    let piece = member(&thousand);
    let mut bytes: Vec<u8> = (0..200).flat_map(|_| piece.iter().copied()).collect();
    let end = member(&[0; 1024]);
    let whole = [bytes.as_slice(), &end].concat();
    let mut counted = Walk::new(Counting(0));
    let summary = counted.run(whole.as_slice()).unwrap();
    assert_eq!((counted.sink.0, summary.truncated), (200_000, None));
    bytes.extend(member(&entry("top/more", b"x")));
    bytes.extend(&end);
    let mut counted = Walk::new(Counting(0));
    let summary = counted.run(bytes.as_slice()).unwrap();
    assert_eq!((counted.sink.0, summary.truncated.as_deref()), (200_000, Some("more than 200000 entries")));
}

/// A sink that keeps nothing.
struct Counting(u64);

impl SnapshotSink for Counting {
    fn entry(&mut self, _: Entry<'_>) {
        self.0 += 1;
    }
}

#[test]
fn loops_of_links_and_odd_names_are_only_names() {
    let bytes = archive(|builder| {
        for (name, target) in
            [("top/a", "b"), ("top/b", "a"), ("top/self", "self"), ("top/d/up", ".."), ("top/root", ".")]
        {
            builder.append(&link(name, EntryType::Symlink, target), io::empty()).unwrap();
        }
        for name in
            ["top/CON", "top/nul.txt", "top/README.md", "top/readme.md", "top/a:b", "top/a\\..\\b", "top/ "]
        {
            file(builder, name, b"x");
        }
        let mut odd = header("top/x", EntryType::Regular, 1);
        odd.as_old_mut().name[..6].copy_from_slice(b"top/\xff\xfe");
        odd.set_cksum();
        builder.append(&odd, &b"x"[..]).unwrap();
    });
    let (seen, summary) = walk(&bytes, Limits::STANDARD);
    let summary = summary.unwrap();
    assert_eq!((summary.entries, summary.refused, summary.truncated), (13, 0, None));
    assert!(seen.0[..5].iter().all(|(_, kind, _, content)| *kind == EntryKind::Symlink && content.is_none()));
    let names = ["CON", "nul.txt", "README.md", "readme.md", "a:b", "a\\..\\b", " ", "\u{fffd}\u{fffd}"];
    assert_eq!(paths(&seen)[5..], names);
}

#[test]
fn a_size_that_lies_is_damage_not_memory() {
    for size in [u64::MAX, u64::MAX / 2, 1 << 40] {
        let mut lie = header("top/a", EntryType::Regular, 0);
        lie.set_size(size);
        lie.set_cksum();
        let bytes = member(&[lie.as_bytes().as_slice(), &[b'x'; 2048]].concat());
        let (_, summary) = walk(&bytes, Limits::STANDARD);
        assert!(summary.is_err(), "{size}: {summary:?}");
    }
    let claimed =
        member(&[header("top/a", EntryType::Regular, 900_000).as_bytes().as_slice(), b"short"].concat());
    assert!(walk(&claimed, Limits::STANDARD).1.is_err());
    let pax = b"18 size=123456789\n";
    let bytes = archive(|builder| {
        builder.append(&header("x", EntryType::XHeader, pax.len() as u64), &pax[..]).unwrap();
        file(builder, "top/a", b"x");
    });
    assert!(
        walk(&bytes, Limits::STANDARD).1.is_err(),
        "a size in an extension header would move what follows"
    );
}

#[test]
fn extension_headers_without_end_end_at_the_limit_of_entries() {
    let bytes = archive(|builder| {
        for _ in 0..200 {
            builder.append(&header("l", EntryType::GNULongName, 3), &b"a/b"[..]).unwrap();
        }
    });
    let limits = Limits { entries: 100, ..Limits::STANDARD };
    assert_eq!(walk(&bytes, limits).1.unwrap().truncated.as_deref(), Some("more than 100 entries"));
}
