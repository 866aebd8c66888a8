//! A window of a browser, and somebody in front of it, by the protocol of the browser's own tools.

use std::{
    fs,
    process::{Child, Stdio},
};

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::{
    chromium,
    support::{mail::until, server::Folder, soon},
};

/// As wide as the smallest phones.
const WIDTH: u32 = 320;

/// Ends its browser when it is dropped.
pub struct Window {
    browser: Child,
    stream: WebSocketStream<MaybeTlsStream<TcpStream>>,
    /// Of the one page that is open.
    session: Option<String>,
    asked: u64,
    profile: Option<Folder>,
}

impl Window {
    /// A phone's window that shows nothing yet.
    pub async fn open() -> Self {
        let profile = Folder::make("window");
        let mut command = chromium(&profile);
        command.args(["--remote-debugging-port=0", "about:blank"]).stderr(Stdio::null());
        let browser = command.spawn().unwrap();
        let told = profile.path().join("DevToolsActivePort");
        let url = until("the browser", || {
            let text = fs::read_to_string(&told).ok()?;
            let (port, path) = text.split_once('\n')?;
            path.starts_with('/').then(|| format!("ws://127.0.0.1:{port}{path}"))
        })
        .await;
        let (stream, _) = connect_async(url).await.unwrap();
        let profile = Some(profile);
        let mut window = Window { browser, stream, session: None, asked: 0, profile };
        let target = window.ask("Target.createTarget", json!({ "url": "about:blank" })).await;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = window.ask("Target.attachToTarget", attach).await;
        window.session = Some(attached["sessionId"].as_str().unwrap().to_owned());
        window.ask("Emulation.setFocusEmulationEnabled", json!({ "enabled": true })).await;
        let phone =
            json!({ "width": WIDTH, "height": 568, "deviceScaleFactor": 2, "mobile": true });
        window.ask("Emulation.setDeviceMetricsOverride", phone).await;
        window
    }

    /// Pages from now on keep what they are told by sockets, in a list that is called `told`.
    pub async fn keep_what_is_told(&mut self) {
        let source = "window.told = [];
            window.WebSocket = class extends WebSocket {
                constructor(...how) {
                    super(...how);
                    this.addEventListener('message', ({ data }) => told.push(JSON.parse(data)));
                }
            };";
        self.ask("Page.enable", json!({})).await;
        self.ask("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await;
    }

    /// Follows a link, and waits until the page has been loaded.
    pub async fn go(&mut self, url: &str) {
        let went = self.ask("Page.navigate", json!({ "url": url })).await;
        assert!(went.get("errorText").is_none(), "{went}");
        self.shows("document.readyState === 'complete' && location.href !== 'about:blank'").await;
        let wide = self.see("document.documentElement.scrollWidth").await;
        assert_eq!(wide, WIDTH, "it is wider than a phone");
    }

    /// What an expression has come to on the page.
    pub async fn see(&mut self, expression: &str) -> Value {
        let asked =
            json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut seen = self.ask("Runtime.evaluate", asked).await;
        assert!(seen.get("exceptionDetails").is_none(), "{expression}: {seen}");
        seen["result"]["value"].take()
    }

    /// Waits until an expression is true of the page.
    pub async fn shows(&mut self, expression: &str) {
        let look = format!(
            "new Promise(done => {{
                const look = () => {expression} ? done(true) : setTimeout(look, 10);
                look();
            }})"
        );
        self.see(&look).await;
    }

    /// Waits until the page says this.
    pub async fn says(&mut self, text: &str) {
        self.shows(&format!("document.body.innerText.includes({})", json!(text))).await;
    }

    /// Types into whatever has the focus.
    pub async fn types(&mut self, text: &str) {
        self.ask("Input.insertText", json!({ "text": text })).await;
    }

    /// Presses Enter.
    pub async fn enters(&mut self) {
        let key = |kind: &str| {
            json!({
                "type": kind, "key": "Enter", "code": "Enter", "text": "\r",
                "windowsVirtualKeyCode": 13,
            })
        };
        for kind in ["keyDown", "keyUp"] {
            self.ask("Input.dispatchKeyEvent", key(kind)).await;
        }
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let mut asked = json!({ "id": self.asked, "method": method, "params": params });
        if let Some(session) = &self.session {
            asked["sessionId"] = json!(session);
        }
        self.stream.send(Message::text(asked.to_string())).await.unwrap();
        loop {
            let message = soon(method, self.stream.next()).await.unwrap().unwrap();
            let Message::Text(text) = message else { continue };
            let mut answer: Value = serde_json::from_str(text.as_str()).unwrap();
            if answer["id"] == self.asked {
                assert!(answer.get("error").is_none(), "{method}: {answer}");
                return answer["result"].take();
            }
        }
    }

    /// Has the browser end by itself, so that nothing writes into its profile any more.
    pub async fn close(mut self) {
        self.session = None;
        self.ask("Browser.close", json!({})).await;
        until("the end of the browser", || self.browser.try_wait().unwrap()).await;
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        self.browser.kill().ok(); // It may have ended.
        self.browser.wait().ok();
        self.profile.take();
    }
}
