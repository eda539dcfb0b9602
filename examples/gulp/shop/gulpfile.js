// As many teams have it: a server with connect-livereload, a watcher, and gulp-livereload on a port of its own.
const connect = require("connect");
const gulp = require("gulp");
const livereload = require("gulp-livereload");
const injectLivereload = require("connect-livereload");
const serveStatic = require("serve-static");

const LIVERELOAD_PORT = Number(process.env.LIVERELOAD_PORT || 35729);

const css = () => gulp.src("src/*.css").pipe(gulp.dest("public")).pipe(livereload());
const html = () => gulp.src("src/*.html").pipe(gulp.dest("public")).pipe(livereload());

const serve = (done) => {
  const app = connect().use(injectLivereload({ port: LIVERELOAD_PORT })).use(serveStatic("public"));
  app.listen(Number(process.env.PORT || 8000), "127.0.0.1", done);
};

const watch = () => {
  livereload.listen({ port: LIVERELOAD_PORT, basePath: "public", quiet: true });
  gulp.watch("src/*.css", { delay: 20 }, css);
  gulp.watch("src/*.html", { delay: 20 }, html);
};

exports.css = css;
exports.default = gulp.series(gulp.parallel(css, html), serve, watch);
