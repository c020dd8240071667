//! A response body: whole in memory for API calls, a stream for archives.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;

use crate::error::Error;

/// A response body.
pub(crate) enum Body {
    /// Already read; `None` after it was taken.
    Whole(Option<Bytes>),
    /// Still arriving.
    Stream {
        incoming: Incoming,
        endpoint: &'static str,
        /// Held while the archive arrives.
        _permit: OwnedSemaphorePermit,
    },
}

impl Body {
    /// The bytes of a body that was read as a whole; empty for a stream.
    pub(crate) fn peek(&self) -> &[u8] {
        match self {
            Self::Whole(Some(bytes)) => bytes,
            Self::Whole(None) | Self::Stream { .. } => &[],
        }
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self::Whole(Some(bytes))
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        match self.get_mut() {
            Self::Whole(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Stream { incoming, endpoint, .. } => {
                let endpoint = *endpoint;
                Pin::new(incoming)
                    .poll_frame(cx)
                    .map_err(|error| Error::NoAnswer { endpoint, source: error.into() })
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(bytes) => bytes.is_none(),
            Self::Stream { incoming, .. } => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, Bytes::len) as u64),
            Self::Stream { incoming, .. } => incoming.size_hint(),
        }
    }
}
