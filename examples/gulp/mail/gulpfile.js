// Without connect-livereload: devserve puts its script into the pages. A task that fails is shown there.
const { Transform } = require("node:stream");
const { pipeline } = require("node:stream/promises");
const connect = require("connect");
const gulp = require("gulp");
const livereload = require("gulp-livereload");
const serveStatic = require("serve-static");

const LIVERELOAD_PORT = Number(process.env.LIVERELOAD_PORT || 35730);

// Stands for a compiler: it refuses what is not balanced.
const compile = () =>
  new Transform({
    objectMode: true,
    transform(file, _, done) {
      const text = file.contents.toString();
      const balanced = text.split("{").length === text.split("}").length;
      done(balanced ? null : new Error(`${file.relative}: a "}" is missing`), file);
    },
  });

// pipeline, because a mistake in the middle of pipe() ends no task.
const css = () => pipeline(gulp.src("src/*.css"), compile(), gulp.dest("public"), livereload());
const html = () => gulp.src("src/*.html").pipe(gulp.dest("public")).pipe(livereload());

const serve = (done) => {
  connect().use(serveStatic("public")).listen(Number(process.env.PORT || 8000), "127.0.0.1", done);
};

const watch = () => {
  livereload.listen({ port: LIVERELOAD_PORT, quiet: true });
  gulp.watch("src/*.css", { delay: 20 }, css);
  gulp.watch("src/*.html", { delay: 20 }, html);
};

exports.css = css;
exports.default = gulp.series(gulp.parallel(css, html), serve, watch);
