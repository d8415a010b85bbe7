// NODE_PATH names the folder of the packages: `make lint` sets it.
module.exports = {
    plugins: [require.resolve("@prettier/plugin-xml")],
    printWidth: 88,
    bracketSpacing: false,
    trailingComma: "es5",
    xmlWhitespaceSensitivity: "preserve",
};
