//! A connection that asks to become something else than HTTP, carried without the framework's dispatcher.
//!
//! The dispatcher gives each connection two buffers of 8 KiB, through which all that is sent is copied.
//! For a page that is soon over this is good; of a socket that stays for hours it is half of what it
//! takes. Here what comes is read through one buffer a thread, and what is sent goes to the kernel as it
//! is. The application is the same: it sees a request with a payload, and answers with a body.

use std::{
    cell::{OnceCell, RefCell},
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_codec::{Encoder, Framed, FramedParts};
use actix_http::{
    BoxedPayloadStream, ConnectionType, Payload, Request, Response,
    body::{BodySize, BoxBody, MessageBody},
    h1::{Codec, Message},
};
use actix_service::{Service, ServiceFactory};
use actix_web::{error::PayloadError, web::Bytes};
use bytes::BytesMut;
use futures_util::future::LocalBoxFuture;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf},
    time::timeout,
};

use super::{DISCONNECT_WITHIN, Stream};

/// How much is read at once.
const READ_BYTES: usize = 16 * 1024;

thread_local! {
    /// Where all connections of a thread read into: what has come is copied from it at once.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; READ_BYTES]);
}

/// The application of a worker thread, once it is made.
pub type Made<S> = Rc<OnceCell<Rc<S>>>;

/// Makes the application of a worker thread, and keeps it for connections that the dispatcher lets go.
pub struct Application<F, S> {
    factory: F,
    made: Made<S>,
}

impl<F, S> Application<F, S> {
    pub fn new(factory: F, made: Made<S>) -> Self {
        Application { factory, made }
    }
}

impl<F> ServiceFactory<Request> for Application<F, F::Service>
where
    F: ServiceFactory<Request, Config = ()>,
    F::Service: 'static,
    F::Future: 'static,
{
    type Response = F::Response;
    type Error = F::Error;
    type Config = ();
    type Service = Rc<F::Service>;
    type InitError = F::InitError;
    type Future = LocalBoxFuture<'static, Result<Self::Service, Self::InitError>>;

    fn new_service(&self, (): ()) -> Self::Future {
        let (making, made) = (self.factory.new_service(()), Rc::clone(&self.made));
        Box::pin(async move {
            let service = Rc::new(making.await?);
            Ok(Rc::clone(made.get_or_init(|| service)))
        })
    }
}

/// Serves the request with which a connection leaves HTTP, or is refused to, until it is over.
pub fn carry<S, B>(
    made: &Made<S>,
    request: Request,
    framed: Framed<Stream, Codec>,
) -> impl Future<Output = Result<(), actix_web::Error>> + use<S, B>
where
    S: Service<Request> + 'static,
    S::Response: Into<Response<B>>,
    S::Error: Into<Response<BoxBody>>,
    B: MessageBody + 'static,
{
    let application = made.get().cloned();
    let FramedParts { io, codec, read_buf, .. } = framed.into_parts();
    let begun = Bytes::copy_from_slice(&read_buf);
    let incoming: BoxedPayloadStream = Box::pin(Incoming { stream: io.clone(), begun });
    let (request, _) = request.replace_payload(Payload::Stream { payload: incoming });
    // In a box of its own: the framework keeps room for the largest of what it may be waiting for.
    Box::pin(async move {
        let Some(application) = application else { return Ok(()) }; // It is made before it listens.
        let response = match application.call(request).await {
            Ok(response) => response.into().map_into_boxed_body(),
            Err(err) => err.into(),
        };
        if let Err(err) = answer(io, codec, response).await {
            tracing::debug!(error = %err, "a connection ended early");
        }
        Ok(())
    })
}

/// Sends all of a response, and waits until the client has gone.
async fn answer(mut io: Stream, codec: Codec, response: Response<BoxBody>) -> io::Result<()> {
    send(&mut io, codec, response).await?;
    io.shutdown().await.ok(); // Whoever has ended it from outside was faster.
    timeout(DISCONNECT_WITHIN, leave(&mut io)).await.unwrap_or(Ok(()))
}

/// While the client takes nothing, the body is asked for nothing more.
async fn send(io: &mut Stream, mut codec: Codec, response: Response<BoxBody>) -> io::Result<()> {
    let (mut head, body) = response.into_parts();
    let has_switched = head.upgrade();
    if !has_switched {
        head.head_mut().set_connection_type(ConnectionType::Close);
    }
    write(io, &mut codec, Message::Item((head, body.size()))).await?;
    let mut body = pin!(body);
    while let Some(next) = poll_fn(|cx| body.as_mut().poll_next(cx)).await {
        let bytes = next.map_err(|err| io::Error::other(err.to_string()))?;
        if has_switched {
            io.write_all(&bytes).await?;
        } else {
            write(io, &mut codec, Message::Chunk(Some(bytes))).await?;
        }
    }
    if has_switched { Ok(()) } else { write(io, &mut codec, Message::Chunk(None)).await }
}

/// Sends what HTTP makes of `message`.
async fn write(
    io: &mut Stream,
    codec: &mut Codec,
    message: Message<(Response<()>, BodySize)>,
) -> io::Result<()> {
    let mut encoded = BytesMut::new();
    codec.encode(message, &mut encoded)?;
    io.write_all(&encoded).await
}

/// Reads what the client still sends: a connection that is closed before is reset, and with it what was
/// sent to the client and not read yet.
async fn leave(io: &mut Stream) -> io::Result<()> {
    let mut dropped = [0; 64];
    while io.read(&mut dropped).await? > 0 {}
    Ok(())
}

/// What comes of a connection.
struct Incoming {
    stream: Stream,
    /// What came behind the head of the request.
    begun: Bytes,
}

impl futures_util::Stream for Incoming {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        if !this.begun.is_empty() {
            return Poll::Ready(Some(Ok(std::mem::take(&mut this.begun))));
        }
        SCRATCH.with_borrow_mut(|scratch| {
            let mut buffer = ReadBuf::new(scratch);
            if let Err(err) = ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buffer)) {
                return Poll::Ready(Some(Err(PayloadError::Io(err))));
            }
            let came = buffer.filled();
            Poll::Ready((!came.is_empty()).then(|| Ok(Bytes::copy_from_slice(came))))
        })
    }
}
