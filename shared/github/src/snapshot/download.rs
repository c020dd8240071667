//! From the network to the blocking thread, chunk by chunk, with a deadline.

use std::{
    io::{self, Read},
    time::Duration,
};

use bytes::Bytes;
use http_body_util::BodyExt;
use scrutineer_core::evidence::snapshot::{SnapshotSink, SnapshotSummary};
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};

use super::untar::Walk;
use crate::{client::Arriving, error::Error};

/// Chunks under way between network and thread, some 16 KiB each.
const CHUNKS: usize = 16;

/// For one archive. 512 MiB at 2 MB/s take four and a half minutes.
const DEADLINE: Duration = Duration::from_secs(600);

/// Silence of the archive host that ends the download.
const SILENCE: Duration = Duration::from_secs(30);

/// What a walk over an archive ends in.
pub(super) type Outcome = io::Result<SnapshotSummary>;

/// Streams `archive` through `walk` on a blocking thread.
///
/// # Errors
/// Only when the sink panicked, which loses it.
pub(super) async fn through<S: SnapshotSink>(
    archive: Arriving,
    walk: Walk<S>,
) -> Result<(Walk<S>, Outcome), Error> {
    let (sender, receiver) = mpsc::channel(CHUNKS);
    let reading = tokio::task::spawn_blocking(move || {
        let mut walk = walk;
        let outcome = walk.run(Chunks { receiver, rest: Bytes::new() });
        (walk, outcome)
    });
    let ((), read) = tokio::join!(pump(archive, sender), reading);
    read.map_err(|_| Error::SinkPanicked)
}

/// Moves chunks until the archive ends, the thread has had enough, or time is up.
async fn pump(archive: Arriving, sender: mpsc::Sender<io::Result<Bytes>>) {
    let end = Instant::now() + DEADLINE;
    let mut body = archive.into_body();
    loop {
        let silence = (Instant::now() + SILENCE).min(end);
        let chunk = match timeout_at(silence, body.frame()).await {
            Ok(None) => return,
            Ok(Some(Ok(frame))) => match frame.into_data() {
                Ok(data) => Ok(data),
                Err(_trailers) => continue,
            },
            Ok(Some(Err(_))) => {
                Err(io::Error::new(io::ErrorKind::ConnectionAborted, "the download broke off"))
            }
            Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "the download took too long")),
        };
        let is_last = chunk.is_err();
        let sent = timeout_at(end, sender.send(chunk)).await;
        if is_last || !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
}

/// The blocking end of the channel.
struct Chunks {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    rest: Bytes,
}

impl Read for Chunks {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.receiver.blocking_recv() {
                None => return Ok(0),
                Some(chunk) => self.rest = chunk?,
            }
        }
        let length = self.rest.len().min(buffer.len());
        buffer[..length].copy_from_slice(&self.rest.split_to(length));
        Ok(length)
    }
}
