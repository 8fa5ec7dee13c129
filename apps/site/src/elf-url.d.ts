declare module "*.elf?url" {
  const url: string;
  export default url;
}
