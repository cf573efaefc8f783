//! One keep-alive connection over HTTP/1.1: bytes out, and as much reading as tells where an answer
//! ends.

use std::net::SocketAddr;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::Result;

/// The most headers of an answer.
const MOST_HEADERS: usize = 32;
/// How much is read at a time.
const CHUNK: usize = 16 * 1024;

/// A connection, and the answer that was read last.
pub(crate) struct Connection {
    stream: TcpStream,
    answer: Vec<u8>,
}

/// Where an answer's parts are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Head {
    status: u16,
    length: usize,
    body: Body,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body {
    Length(usize),
    Chunked,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            answer: Vec::with_capacity(CHUNK),
        })
    }

    /// Sends a request and reads its answer's body, which is to come with status 200.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<&[u8]> {
        self.stream.write_all(request).await?;
        self.answer.clear();
        let mut head = None;
        loop {
            self.answer.reserve(CHUNK);
            if self.stream.read_buf(&mut self.answer).await? == 0 {
                return Err("a connection was closed where an answer was due".into());
            }
            if head.is_none() {
                head = Head::of(&self.answer)?;
            }
            if let Some(head) = head
                && head.is_whole(&self.answer)
            {
                let body = &self.answer[head.length..];
                if head.status != 200 {
                    let body = String::from_utf8_lossy(body);
                    return Err(format!("an answer has status {}: {body}", head.status).into());
                }
                return Ok(body);
            }
        }
    }
}

impl Head {
    /// The head, if it has arrived.
    fn of(answer: &[u8]) -> Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(length) = response.parse(answer)? else {
            return Ok(None);
        };
        let header = |name: &str| {
            let named = |header: &&httparse::Header<'_>| header.name.eq_ignore_ascii_case(name);
            let found = response.headers.iter().find(named);
            found.and_then(|header| std::str::from_utf8(header.value).ok())
        };
        let body = match header("content-length").map(str::parse) {
            Some(Ok(length)) => Body::Length(length),
            _ if header("transfer-encoding").is_some() => Body::Chunked,
            _ => return Err("an answer does not say how long it is".into()),
        };
        let status = response.code.unwrap_or_default();
        Ok(Some(Self {
            status,
            length,
            body,
        }))
    }

    /// Whether all has arrived. Nothing comes after an answer, since nothing was asked after it.
    fn is_whole(&self, answer: &[u8]) -> bool {
        match self.body {
            Body::Length(length) => answer.len() >= self.length + length,
            Body::Chunked => answer[self.length..].ends_with(b"0\r\n\r\n"),
        }
    }
}

/// A request, ready to be sent.
pub(crate) fn request(
    method: &str,
    target: &str,
    address: SocketAddr,
    content_type: &str,
    body: &str,
) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {target} HTTP/1.1\r\nHost: {address}\r\nContent-Type: {content_type}\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_whole(answer: &str) -> bool {
        let head = Head::of(answer.as_bytes()).unwrap();
        head.is_some_and(|head| head.is_whole(answer.as_bytes()))
    }

    #[test]
    fn an_answer_ends_where_its_length_says() {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        assert!(is_whole(answer));
        for cut in 16..answer.len() {
            assert!(!is_whole(&answer[..cut]), "{cut}");
        }
    }

    #[test]
    fn an_answer_in_chunks_ends_with_an_empty_one() {
        let answer = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
        assert!(is_whole(answer));
        assert!(!is_whole(&answer[..answer.len() - 1]));
    }

    #[test]
    fn an_answer_that_does_not_say_how_long_it_is_is_refused() {
        assert!(Head::of(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(Head::of(b"no HTTP at all\r\n\r\n").is_err());
    }
}
