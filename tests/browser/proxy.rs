//! A network between a browser and the shop, which can be cut.

use std::{cell::RefCell, rc::Rc};

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
    connections: Connections,
    listening: JoinHandle<()>,
}

impl Proxy {
    /// A network that leads nowhere yet.
    pub async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (way, connections) = (Way::default(), Connections::default());
        let listening = listen(listener, Rc::clone(&way), Rc::clone(&connections));
        Proxy { address, way, connections, listening: actix_rt::spawn(listening) }
    }

    /// Where it is for the browser.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Leads to `address` from now on.
    pub fn lead_to(&self, address: String) {
        *self.way.borrow_mut() = Some(address);
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

async fn listen(listener: TcpListener, way: Way, connections: Connections) {
    loop {
        let (mut from, _) = listener.accept().await.unwrap();
        let Some(address) = way.borrow().clone() else { continue };
        let passing = async move {
            if let Ok(mut to) = TcpStream::connect(address).await {
                copy_bidirectional(&mut from, &mut to).await.ok(); // Either end may be gone.
            }
        };
        connections.borrow_mut().push(actix_rt::spawn(passing));
    }
}
