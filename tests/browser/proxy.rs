//! A network between a browser and the shop, which can be cut, and can swallow what is sent.

use std::{
    cell::{Cell, RefCell},
    future::poll_fn,
    pin::pin,
    rc::Rc,
    task::Poll,
};

use actix_rt::task::JoinHandle;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

/// Where the shop is, or nothing where it cannot be reached.
type Way = Rc<RefCell<Option<String>>>;
type Connections = Rc<RefCell<Vec<JoinHandle<()>>>>;

/// Ends when it is dropped.
pub struct Proxy {
    address: String,
    way: Way,
    is_silent: Rc<Cell<bool>>,
    connections: Connections,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// A network that leads nowhere yet.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (way, connections) = (Way::default(), Connections::default());
        let is_silent = Rc::<Cell<bool>>::default();
        let told = (Rc::clone(&way), Rc::clone(&is_silent), Rc::clone(&connections));
        let listening = actix_rt::spawn(listen(listener, told));
        Proxy { address, way, is_silent, connections, listening }
    }

    /// Where it is for the browser.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Leads to `address` from now on.
    pub fn lead_to(&self, address: String) {
        *self.way.borrow_mut() = Some(address);
        self.is_silent.set(false);
    }

    /// Keeps every connection, takes others too, and lets nothing through: neither end is told. It
    /// does so until it leads somewhere again, where those connections are of no more use.
    pub fn swallow(&self) {
        self.is_silent.set(true);
    }

    /// Ends every connection, and lets no other one through.
    pub fn cut(&self) {
        *self.way.borrow_mut() = None;
        self.connections.borrow_mut().drain(..).for_each(|it| it.abort());
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
        self.cut();
    }
}

async fn listen(
    listener: TcpListener,
    (way, is_silent, connections): (Way, Rc<Cell<bool>>, Connections),
) {
    loop {
        let (mut from, _) = listener.accept().await.unwrap();
        let Some(address) = way.borrow().clone() else { continue };
        let is_silent = Rc::clone(&is_silent);
        let passing = async move {
            if let Ok(mut to) = TcpStream::connect(address).await {
                let mut copying = pin!(copy_bidirectional(&mut from, &mut to));
                let passed = poll_fn(|cx| match is_silent.get() {
                    true => Poll::Pending,
                    false => copying.as_mut().poll(cx),
                });
                passed.await.ok(); // Either end may be gone.
            }
        };
        connections.borrow_mut().push(actix_rt::spawn(passing));
    }
}
