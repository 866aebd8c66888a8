// Serves the push service of the package web-push-testing at a port of loopback: its own program listens
// to everybody.
const { PushApiModel } = require("web-push-testing/src/PushApiModel.js");
const Service = require("web-push-testing/src/server.js");

const port = Number(process.argv[2]);
const model = new PushApiModel();
const service = new Service(model, port);
model.notifyUrl = `http://127.0.0.1:${port}/notify/`;
service.setRequestHandlers();
service._app.listen(port, "127.0.0.1");
